"""What the model's window does not hold any more, kept in short for the turns that follow (T8)."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from uuid import UUID

from agents.context import SUMMARY_TOKENS
from agents.prompts.load import prompt
from server.domain.clock import Clock
from server.domain.content import Params
from server.domain.errors import AppError, InsufficientCredits, QuotaExceeded
from server.persistence import messages, summaries
from server.persistence.database import Database
from server.persistence.messages import Said
from server.persistence.summaries import newest
from server.protocol.events import Outcome, TurnCompleted
from server.telemetry.logs import fields
from server.turns.cheapest import Cheapest
from server.turns.generation import Generation
from server.turns.oneshot import Purpose
from server.turns.planning import HISTORY_MESSAGES, history_characters
from server.turns.run import Run

log = logging.getLogger(__name__)

FEATURE = "summary"

SHOWN_CHARACTERS = 48_000
"""Of what is summarised at once, some 12 000 tokens: a summary costs no more than a long answer.
Where there is more, the longest messages are shown in part."""

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
        tip = run.plan.tip_id
        if run.plan.fitted.dropped and tip is not None and isinstance(outcome, TurnCompleted):
            self._tasks.create_task(self._summarise(run, tip))

    async def _summarise(self, run: Run, tip: UUID) -> None:
        """Raises nothing: a conversation can do without."""
        told = fields(conversation=str(run.turn.conversation_id))
        try:
            async with self._database.snapshot() as tx:
                said = await messages.branch(
                    tx,
                    tip,
                    characters=history_characters(run.plan.model),
                    messages=HISTORY_MESSAGES,
                )
                dropped = said[: run.plan.fitted.dropped]
                found = await summaries.among(tx, [one.id for one in dropped if one.id])
            end = dropped[-1].id if dropped else None
            if end is not None and end not in found and end not in self._at_work:
                await self._write(run, end, shown(dropped, found))
        except (InsufficientCredits, QuotaExceeded):
            log.info("summary.not_paid", extra=told)
        except AppError as error:
            log.info("summary.not_made", extra={**told, **fields(error=error.code)})
        except Exception:
            log.exception("summary.crashed", extra=told)

    async def _write(self, run: Run, end: UUID, what: str) -> None:
        self._at_work.add(end)
        try:
            made = await self._generation.generate_text_with_billing(
                what,
                Purpose(
                    creator_id=run.turn.user_id,
                    feature=FEATURE,
                    agent_id=FEATURE,
                    correlation_id=run.turn.correlation_id,
                ),
                models=self._cheapest.find(self._clock()),
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
    most = _share([len(one.text) for one in dropped])
    parts += [f"<{one.role}>\n{_cut(one.text, most)}\n</{one.role}>" for one in dropped]
    return "\n".join(parts)


def _share(lengths: list[int]) -> int:
    """Characters that each text may have, so that all together are no more than is shown: short
    ones leave theirs to the long ones."""
    left = SHOWN_CHARACTERS
    for at, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - at)
        if length > share:
            return share
        left -= length
    return SHOWN_CHARACTERS


def _cut(text: str, most: int) -> str:
    """The beginning and the end of a text that is too long."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n[…]\n{text[len(text) - half :]}"
