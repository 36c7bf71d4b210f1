"""Usage of several calls adds up, part by part; what older versions wrote is still read."""

import pytest
from msgspec import convert, json

from server.domain.ids import UserId, new_id
from server.domain.money import PicoUsd
from server.domain.usage import Price, Unit, Usage, UsageEvent, UsageSource, total
from tests.billing.support import usage_event


def test_every_part_is_summed_and_one_estimate_makes_all_of_it_one() -> None:
    first = Usage(input_tokens=10, output_tokens=5, cached_input_tokens=4, reasoning_tokens=2)
    second = Usage(
        input_tokens=1, output_tokens=1, cache_write_tokens=1, source=UsageSource.ESTIMATED
    )
    assert total([first, first]) == Usage(
        input_tokens=20, output_tokens=10, cached_input_tokens=8, reasoning_tokens=4
    )
    assert total([first, second]) == Usage(
        input_tokens=11,
        output_tokens=6,
        cached_input_tokens=4,
        cache_write_tokens=1,
        reasoning_tokens=2,
        source=UsageSource.ESTIMATED,
    )
    assert total([]) == Usage(input_tokens=0, output_tokens=0)


def test_images_characters_and_audio_are_summed_as_well() -> None:
    one = Usage(input_tokens=0, output_tokens=0, images=1, characters=20, audio_ms=300)
    both = total([one, one])
    assert (both.images, both.characters, both.audio_ms) == (2, 40, 600)


def test_an_event_from_before_there_were_other_units_is_read_as_it_was_meant() -> None:
    event = usage_event(UserId(new_id()))
    written = json.decode(json.encode(event))
    for name in ("images", "characters", "audio_ms"):
        del written["usage"][name]
    for name in ("image", "character", "second"):
        del written["price"][name]
    assert convert(written, UsageEvent) == event


ZERO = PicoUsd(0)
FREE = Price(input=ZERO, output=ZERO)


@pytest.mark.parametrize(
    ("price", "units"),
    [
        (FREE, {"token"}),  # given away
        (Price(input=ZERO, output=PicoUsd(1)), {"token"}),
        (Price(input=ZERO, output=ZERO, image=PicoUsd(1)), {"image"}),
        (Price(input=ZERO, output=ZERO, character=ZERO), {"character"}),
        (Price(input=PicoUsd(1), output=ZERO, second=PicoUsd(1)), {"token", "second"}),
    ],
)
def test_a_price_sells_the_units_that_it_has_a_figure_for(price: Price, units: set[Unit]) -> None:
    every: tuple[Unit, ...] = ("token", "image", "character", "second")
    assert {unit for unit in every if price.sells(unit)} == units
