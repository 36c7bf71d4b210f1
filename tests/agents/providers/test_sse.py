"""Events come out whole, wherever the network cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.providers.sse import SseSplitter
from server.domain.errors import ProviderProtocol

STREAM = (
    b": a comment\n\n"
    b'event: message\ndata: {"a":1}\n\n'
    b'data:{"b":2}\r\n\r\n'
    b"data: first\ndata:  second\nid: 7\n\n"
    b"data: cr\r\r"
    b"retry: 10\n\n"
    b"data: \xc3\xa9\xff\n\n"
    b"data: [DONE]\n\n"
)
EVENTS = [
    b'{"a":1}',
    b'{"b":2}',
    b"first\n second",
    b"cr",
    b"\xc3\xa9\xff",
    b"[DONE]",
]


def split(chunks: list[bytes]) -> list[bytes]:
    splitter = SseSplitter("stub")
    events = [event for chunk in chunks for event in splitter.feed(chunk)]
    return events + splitter.finish()


def test_comments_and_other_fields_are_no_events() -> None:
    assert split([STREAM]) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_any_chunking_gives_the_same_events(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[start:end] for start, end in pairwise(edges)]
    assert split(chunks) == EVENTS


def test_one_byte_at_a_time_gives_the_same_events() -> None:
    assert split([bytes([byte]) for byte in STREAM]) == EVENTS


@pytest.mark.parametrize("tail", [b"data: x", b"data: x\n", b"data: x\r", b"data: x\r\n"])
def test_a_body_that_ends_without_the_empty_line_still_tells_its_last_event(tail: bytes) -> None:
    assert split([b"data: w\n\n", tail]) == [b"w", b"x"]


def test_an_event_is_told_as_soon_as_its_empty_line_is_there() -> None:
    splitter = SseSplitter("stub")
    assert splitter.feed(b"data: x\r\n\r") == []
    assert splitter.feed(b"\n") == [b"x"]


def test_a_line_that_never_ends_is_refused_before_it_fills_the_memory() -> None:
    splitter = SseSplitter("stub", limit=1000)
    for _ in range(10):
        splitter.feed(b"x" * 100)
    with pytest.raises(ProviderProtocol):
        splitter.feed(b"x")


def test_the_limit_is_for_one_event_not_for_the_stream() -> None:
    splitter = SseSplitter("stub", limit=1000)
    assert [splitter.feed(b"data: " + b"x" * 400 + b"\n\n") for _ in range(10)] == [
        [b"x" * 400]
    ] * 10


@given(
    st.lists(
        st.sampled_from(
            [
                b"data: a\n\n",
                b"data: b\ndata: c\n\n",
                b"data: \n\n",
                b"data:d\n\n",
                b"data: e\r\n\r\n",
                b": said by nobody\n\n",
                b"event: f\ndata: g\n\n",
                b"\n",
            ]
        )
    )
)
def test_whole_events_are_what_they_are_byte_by_byte(events: list[bytes]) -> None:
    stream = b"".join(events)
    slowly = SseSplitter("stub")
    told = [event for at in range(len(stream)) for event in slowly.feed(stream[at : at + 1])]
    assert SseSplitter("stub").feed(stream) == told
    by_event = SseSplitter("stub")
    assert [one for event in events for one in by_event.feed(event)] == told
