"""What the journal is given to keep is what sockets were given to send."""

from hypothesis import given
from hypothesis import strategies as st

from server.turns.buffer import MERGE_CHARACTERS
from tests.server.turns.scene import STEPS, buffer, end, write


@given(STEPS, st.integers(0, 70))
def test_runs_cover_every_event_behind_a_position_once(
    steps: list[str | int | None], after: int
) -> None:
    target = buffer()
    for step in steps:
        write(target, step)
    end(target)
    expected, texts = after + 1, list[str]()
    for first, last, kind, data in target.runs(after):
        assert first == expected
        assert last - first + 1 == (len(data) if kind == "delta" else 1)
        expected = last + 1
        if isinstance(data, list):
            texts += data
    assert expected == max(target.seq, after) + 1
    if after == 0:
        assert "".join(texts) == target.text


def test_the_newest_delta_is_encoded_once_for_all_followers() -> None:
    target = buffer()
    target.delta("a")
    (first,), (second,) = target.frames(0), target.frames(0)
    assert first is second


def test_merged_frames_stay_small_enough_for_a_session() -> None:
    target = buffer()
    for _ in range(40):
        target.delta("y" * 10_000)
    assert all(len(frame.data) < MERGE_CHARACTERS + 10_200 for frame in target.frames(0))


@given(STEPS, st.integers(0, 70))
def test_the_text_of_a_moment_is_what_had_been_said_then(
    steps: list[str | int | None], until: int
) -> None:
    target, texts = buffer(), [""]
    for step in steps:
        write(target, step)
        if step != 0:
            texts.append(texts[-1] + (step if isinstance(step, str) else ""))
    assert target.text_until(until) == texts[min(until, len(texts) - 1)]
    assert target.text == texts[-1]


def test_whoever_is_woken_may_leave_and_others_hear_all_the_same() -> None:
    target, heard = buffer(), list[str]()

    def leave() -> None:
        heard.append("first")
        target.unfollow(leave)

    target.follow(leave)
    target.follow(lambda: heard.append("second"))
    target.delta("a")
    target.delta("b")
    assert sorted(heard) == ["first", "second", "second"]
