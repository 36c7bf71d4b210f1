"""The turns that this process runs, follows or ran a moment ago, by id."""

from collections.abc import Iterator
from uuid import UUID

from server.turns.buffer import TurnBuffer
from server.turns.run import Run

KEEP_ENDED_S = 60.0
"""An ended turn stays in memory this long, for clients that attach after a cut; then the journal
and the stored message answer."""

KEEP_ENDED_MAX = 2_000
"""And never more of them than this: at a few KiB each, some ten megabytes."""


class LiveTurns:
    """``now`` is the loop's clock, in seconds."""

    def __init__(self) -> None:
        self._runs: dict[UUID, Run] = {}
        self._ended: dict[UUID, tuple[float, TurnBuffer]] = {}

    def add(self, run: Run) -> None:
        self._runs[run.turn.id] = run

    def run(self, turn: UUID) -> Run | None:
        return self._runs.get(turn)

    def buffer(self, turn: UUID) -> TurnBuffer | None:
        """The events of a turn that runs here or ended here not long ago."""
        run = self._runs.get(turn)
        if run is not None:
            return run.buffer
        kept = self._ended.get(turn)
        return kept[1] if kept else None

    def retire(self, run: Run, now: float) -> None:
        """The turn has its outcome. Forgets those that ended long enough ago."""
        self._runs.pop(run.turn.id, None)
        if run.buffer.has_ended:
            self._ended[run.turn.id] = (now + KEEP_ENDED_S, run.buffer)
        for turn, (until, _) in list(self._ended.items()):
            if until > now and len(self._ended) <= KEEP_ENDED_MAX:
                break
            del self._ended[turn]

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(tuple(self._runs.values()))
