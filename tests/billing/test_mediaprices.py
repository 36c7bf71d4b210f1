"""Prices of images: each variant its own, from its day on, with its source."""

from datetime import UTC, datetime

import pytest

from billing.mediaprices import IMAGES, image, images_of, variant

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("model", "size", "quality", "picos"),
    [
        # Output tokens of the size and quality, at $40, $8 and $32 per million of them.
        ("openai/gpt-image-1", "1024x1024", "low", 272 * 40_000_000),
        ("openai/gpt-image-1", "1024x1536", "medium", 1_584 * 40_000_000),
        ("openai/gpt-image-1", "1536x1024", "high", 6_208 * 40_000_000),
        ("openai/gpt-image-1-mini", "1024x1024", "high", 4_160 * 8_000_000),
        ("openai/gpt-image-1.5", "1024x1536", "high", 6_240 * 32_000_000),
        ("gemini/gemini-2.5-flash-image", "1024x1024", "standard", 1_290 * 30_000_000),
    ],
)
def test_an_image_costs_what_its_tokens_come_to(
    model: str, size: str, quality: str, picos: int
) -> None:
    assert image(model, variant(size, quality), NOW) == picos


def test_what_nobody_has_published_has_no_price() -> None:
    assert image("openai/gpt-image-1", variant("16x16", "high"), NOW) is None
    assert image("openai/gpt-image-9", variant("1024x1024", "high"), NOW) is None


def test_a_price_begins_on_its_day() -> None:
    square = variant("1024x1024", "high")
    assert image("openai/gpt-image-1", square, datetime(2025, 4, 22, 23, 59, tzinfo=UTC)) is None
    assert image("openai/gpt-image-1", square, datetime(2025, 4, 23, tzinfo=UTC)) is not None


def test_each_figure_says_where_it_was_published_and_stands_there_once() -> None:
    assert all(price.source.startswith("https://") and price.image > 0 for price in IMAGES)
    keys = [(price.model, price.variant, price.since) for price in IMAGES]
    assert len(keys) == len(set(keys))


def test_a_larger_image_never_costs_less_nor_a_better_one() -> None:
    for model in ("openai/gpt-image-1", "openai/gpt-image-1-mini", "openai/gpt-image-1.5"):
        for size in ("1024x1024", "1024x1536", "1536x1024"):
            low, medium, high = (
                image(model, variant(size, quality), NOW) or 0
                for quality in ("low", "medium", "high")
            )
            assert 0 < low < medium < high
            assert (image(model, variant("1024x1024", "high"), NOW) or 0) <= high


def test_all_variants_of_a_model_are_told_by_name_at_the_price_of_the_day() -> None:
    known = images_of("openai/gpt-image-1", NOW)
    assert len(known) == 9
    assert [price.variant for price in known] == sorted(price.variant for price in known)
    assert all(price.image == image(price.model, price.variant, NOW) for price in known)
    assert images_of("openai/gpt-image-1", datetime(2025, 1, 1, tzinfo=UTC)) == ()
