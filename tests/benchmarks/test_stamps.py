import pytest

from tests.benchmarks import stamps


def test_every_stamp_of_a_merged_frame_is_found_in_order() -> None:
    text = stamps.opening(5, 17) + stamps.token(18) + stamps.token(9_999_999)
    assert stamps.found(b'{"text":"' + text + b'"}') == [17, 18, 9_999_999]
    assert stamps.asked_at(text) == 5


def test_a_frame_without_an_answers_beginning_tells_no_time_of_asking() -> None:
    with pytest.raises(ValueError, match="not found"):
        stamps.asked_at(stamps.token(1))


def test_times_go_on_where_the_clock_starts_anew() -> None:
    assert stamps.since(stamps.MODULUS - 30, 70) == 100
    assert stamps.ms(100) == 1.0
