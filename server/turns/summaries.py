"""What the model's window does not hold any more, kept in short for the turns that follow (T8)."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from agents.context import SUMMARY_TOKENS
from agents.prompts.load import prompt
from server.domain.clock import Clock
from server.domain.content import Params
from server.persistence import messages, summaries
from server.persistence.database import Database
from server.persistence.messages import Said
from server.persistence.summaries import newest
from server.protocol.events import Outcome, TurnCompleted
from server.turns.beside import beside
from server.turns.cheapest import Cheapest
from server.turns.dialogues import HISTORY_MESSAGES, history_characters
from server.turns.generation import Generation
from server.turns.oneshot import Purpose
from server.turns.run import Run

FEATURE = "summary"

SHOWN_BYTES = 48_000
"""Of what is summed up at once, in UTF-8: some 12 000 tokens of English, 20 000 of Chinese. So a
summary costs no more than a long answer, and fits every window. Where there is more, the longest
messages are shown in part."""

THINKING_TOKENS = 1_024
"""Beside the summary itself, for a model that thinks before it speaks."""


class Summaries:
    """``look`` hears of every turn's end; what there is to do is done beside, in ``tasks``."""

    def __init__(
        self,
        generation: Generation,
        database: Database,
        cheapest: Cheapest,
        *,
        tasks: asyncio.TaskGroup,
        clock: Clock,
    ) -> None:
        self._generation = generation
        self._database = database
        self._cheapest = cheapest
        self._tasks = tasks
        self._clock = clock
        self._at_work: set[UUID] = set()

    def look(self, run: Run, outcome: Outcome) -> None:
        tip, conversation = run.plan.tip_id, run.turn.conversation_id
        if tip is None or conversation is None or not run.plan.fitted.dropped:
            return
        if isinstance(outcome, TurnCompleted):
            summing_up = beside(FEATURE, self._summarise(run, tip), conversation=conversation)
            self._tasks.create_task(summing_up)

    async def _summarise(self, run: Run, tip: UUID) -> None:
        models = self._cheapest.find(self._clock())
        # As of before we read: one that is written meanwhile is neither found nor at work after.
        at_work = frozenset(self._at_work)
        async with self._database.snapshot() as tx:
            branch = await messages.branch(
                tx,
                tip,
                characters=history_characters(run.plan.model),
                messages=HISTORY_MESSAGES,
            )
            dropped = branch.said[: run.plan.fitted.dropped]
            found = await summaries.among(tx, [one.id for one in dropped if one.id])
        end = dropped[-1].id if dropped else None
        if models and end is not None and end not in {*found, *at_work, *self._at_work}:
            await self._write(run, end, shown(dropped, found), models)

    async def _write(self, run: Run, end: UUID, what: str, models: tuple[str, ...]) -> None:
        self._at_work.add(end)
        try:
            made = await self._generation.generate_text_with_billing(
                what,
                Purpose(
                    creator_id=run.turn.user_id,
                    feature=FEATURE,
                    agent_id=FEATURE,
                    correlation_id=run.turn.correlation_id,
                    workspace_id=run.turn.workspace_id,
                ),
                models=models,
                instructions=prompt("summary"),
                params=Params(max_output_tokens=SUMMARY_TOKENS + THINKING_TOKENS),
            )
            # Also one that was cut short, or an empty one: asked for again it is paid for again,
            # turn by turn.
            async with self._database.transaction() as tx:
                await summaries.add(tx, end, made.text.strip())
        finally:
            self._at_work.discard(end)


def shown(dropped: Sequence[Said], found: Mapping[UUID, str]) -> str:
    """What is to be summed up: the newest summary of ``found``, then what came after it."""
    parts = []
    for at in range(len(dropped) - 1, -1, -1):
        known = newest([dropped[at]], found)
        if known is not None:
            parts.append(f"<summary>\n{known}\n</summary>")
            dropped = dropped[at + 1 :]
            break
    most = _share([_bytes(one.text) for one in dropped])
    parts += [f"<{one.role}>\n{_cut(one.text, most)}\n</{one.role}>" for one in dropped]
    return "\n".join(parts)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _share(sizes: list[int]) -> int:
    """Bytes that each text may have, so that all together are no more than is shown: short ones
    leave theirs to the long ones."""
    left = SHOWN_BYTES
    for at, size in enumerate(sorted(sizes)):
        share = left // (len(sizes) - at)
        if size > share:
            return share
        left -= size
    return SHOWN_BYTES


def _cut(text: str, most: int) -> str:
    """The beginning and the end of a text that is too long, half of its bytes each."""
    if _bytes(text) <= most:
        return text
    data, half = text.encode(), most // 2
    head, tail = data[:half], data[len(data) - half :]
    return f"{head.decode(errors='ignore')}\n[…]\n{tail.decode(errors='ignore')}"
