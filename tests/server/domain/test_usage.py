"""Usage of several calls adds up, part by part."""

from server.domain.usage import Usage, UsageSource, total


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
