"""What the load takes for a flaw: a figure of wrong answers would be worth nothing."""

import pytest

from tests.benchmarks import stamps
from tests.benchmarks.asked import Asked
from tests.benchmarks.clients import Client, Plan, Tally
from tests.benchmarks.wires import CauserieWire

PLAN = Plan("causerie", 1, "/ws", 1, Asked(tokens=3), keys=["ck_x"])

STARTED = b'{"type":"turn.started","turnId":"t","seq":1,"re":"start"}'


def delta(seq: int, *stamped: int, since: int | None = None) -> bytes:
    text = b"".join(map(stamps.token, stamped))
    merged = b"" if since is None else b'"fromSeq":%d,' % since
    return b'{"type":"turn.delta","turnId":"t","seq":%d,%b"text":"%b"}' % (seq, merged, text)


async def heard(*events: bytes) -> Tally:
    tally = Tally(1)
    tally.is_open = True
    wire = CauserieWire(Client(PLAN, tally, 0))
    for event in events:
        wire.take(event, at=1000)
    return tally


async def test_delays_of_all_tokens_are_taken_also_of_merged_ones() -> None:
    tally = await heard(STARTED, delta(2, 900), delta(4, 910, 920, since=3))
    assert tally.wrongs == []
    assert list(tally.delays) == [100, 90, 80]
    assert tally.tokens == 3


@pytest.mark.parametrize(
    ("events", "flaw"),
    [
        ((STARTED, delta(3, 900)), "event 3 after 1"),
        ((STARTED, delta(2, 900), delta(4, 910, since=4)), "event 4 after 2"),
        ((STARTED, delta(2, 900), delta(2, 900)), "event 2 after 2"),
    ],
)
async def test_a_gap_or_a_repetition_is_a_flaw(events: tuple[bytes, ...], flaw: str) -> None:
    tally = await heard(*events)
    assert tally.wrongs == [flaw]


async def test_an_answer_that_is_too_short_is_a_flaw() -> None:
    tally = Tally(1)
    client = Client(PLAN, tally, 0)
    client.expected = 3
    client.hear(stamps.token(1), at=2)
    client.end(_Still(), told=3)
    assert tally.wrongs == ["asked 3 tokens, got 1, told of 3"]


class _Still:
    """Asks nobody."""

    def ask(self, prompt: str) -> None:
        pass
