"""Named places at which a process can be made to die: the moments between which money must not get
lost. Rehearsals arm them (``FAILPOINTS``), production refuses to; unarmed, reaching one costs a
look into an empty dictionary.
"""

import os
import signal

POINTS = (
    "admission.writing",
    "admission.committed",
    "hold.committed",
    "settlement.writing",
    "settlement.committed",
    "reaper.fenced",
    "relay.sent",
    "relay.marked",
    "worker.read",
    "worker.written",
    "worker.committed",
    "leaving.marked",
    "leaving.emptied",
    "leaving.burying",
    "leaving.buried",
    "export.claimed",
    "export.stored",
    "report.claimed",
    "report.made",
    "webhook.sent",
    "repricing.writing",
    "repricing.committed",
)
"""In the order of a turn's life: ``writing`` inside a transaction, ``committed`` right after it;
``relay.sent`` between stream and outbox, ``worker.written`` between usage row and commit. Then
those of a user that leaves (``burying`` inside the last transaction), of an export (``stored``: its
bytes are, and no row says so yet), of a report (``made``: likewise), of a webhook (``sent``, and no
row says so yet), and of each batch of a re-pricing."""

_armed: dict[str, int] = {}


def parse(text: str) -> dict[str, int]:
    """``name@n, …``: die when ``name`` is reached for the n-th time.

    Raises:
        ValueError: says what was expected.
    """
    armed: dict[str, int] = {}
    for entry in text.split(","):
        name, _, count = entry.strip().partition("@")
        if name not in POINTS:
            raise ValueError(f"{name[:60]!r} is none of {', '.join(POINTS)}")
        if not count.isdecimal() or int(count) < 1:
            raise ValueError(f"expected {name}@1 or another count, got {entry.strip()[:60]!r}")
        armed[name] = int(count)
    return armed


def arm(points: dict[str, int]) -> None:
    """What ``parse`` read; replaces what was armed before."""
    _armed.clear()
    _armed.update(points)


def reach(name: str) -> None:
    """Here. If it is this place's turn, the process is gone without a word."""
    if _armed and name in _armed:
        _armed[name] -= 1
        if _armed[name] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
