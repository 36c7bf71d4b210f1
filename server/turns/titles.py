"""Names for new conversations, made from their first exchange (T10)."""

import asyncio
import logging
from typing import Annotated

from msgspec import Meta, Struct

from agents.prompts.load import prompt
from server.domain.clock import Clock
from server.domain.content import Params
from server.domain.errors import AppError, InsufficientCredits, QuotaExceeded
from server.domain.ids import ConversationId
from server.persistence import conversations
from server.persistence.database import Database
from server.protocol.events import ConversationUpdated, Outcome, TurnCompleted
from server.telemetry.logs import fields
from server.turns.cheapest import Cheapest
from server.turns.feed import TurnFeed
from server.turns.generation import Generation
from server.turns.oneshot import Purpose
from server.turns.run import Run

log = logging.getLogger(__name__)

FEATURE = "title"

SHOWN_CHARACTERS = 2_000
"""Of question and answer each: enough to know what they are about."""

OUTPUT_TOKENS = 400
"""A title takes ten; a model that thinks before it speaks takes some more."""


class Named(Struct, frozen=True, kw_only=True):
    title: Annotated[str, Meta(min_length=1, max_length=80)]


class Titles:
    """``look`` hears of every turn's end; what there is to do is done beside, in ``tasks``."""

    def __init__(
        self,
        generation: Generation,
        database: Database,
        feed: TurnFeed,
        cheapest: Cheapest,
        *,
        tasks: asyncio.TaskGroup,
        clock: Clock,
    ) -> None:
        self._generation = generation
        self._database = database
        self._feed = feed
        self._cheapest = cheapest
        self._tasks = tasks
        self._clock = clock

    def look(self, run: Run, outcome: Outcome) -> None:
        plan, conversation = run.plan, run.turn.conversation_id
        is_first = plan.tip_id is None and plan.regenerates is None
        if conversation is None or not is_first or not isinstance(outcome, TurnCompleted):
            return
        if run.buffer.text:
            self._tasks.create_task(self._name(run, conversation))

    async def _name(self, run: Run, conversation: ConversationId) -> None:
        """Raises nothing: a conversation can do without."""
        told = fields(conversation=str(conversation))
        try:
            if await self._title(run, conversation) != run.plan.title:
                return  # somebody has named it
            title = await self._make(run)
            async with self._database.transaction() as tx:
                changed = await conversations.rename(
                    tx, conversation, run.turn.user_id, title, expected=run.plan.title
                )
        except (InsufficientCredits, QuotaExceeded):
            log.info("title.not_paid", extra=told)
        except AppError as error:
            log.info("title.not_made", extra={**told, **fields(error=error.code)})
        except Exception:
            log.exception("title.crashed", extra=told)
        else:
            if changed:
                news = ConversationUpdated(conversation_id=conversation, change="title")
                self._feed.tell_user(run.turn.user_id, news)

    async def _title(self, run: Run, conversation: ConversationId) -> str | None:
        async with self._database.snapshot() as tx:
            found = await conversations.find(tx, conversation, run.turn.user_id)
        return None if found is None else found.title

    async def _make(self, run: Run) -> str:
        question = run.plan.fitted.messages[-1].text[:SHOWN_CHARACTERS]
        answer = run.buffer.text[:SHOWN_CHARACTERS]
        made = await self._generation.generate_text_with_billing(
            f"<question>\n{question}\n</question>\n<answer>\n{answer}\n</answer>",
            Purpose(
                creator_id=run.turn.user_id,
                feature=FEATURE,
                agent_id=FEATURE,
                correlation_id=run.turn.correlation_id,
            ),
            schema=Named,
            models=self._cheapest.find(self._clock()),
            instructions=prompt("title"),
            params=Params(max_output_tokens=OUTPUT_TOKENS),
        )
        if not isinstance(made.value, Named):
            raise AppError("The title was cut off.")
        return " ".join(made.value.title.split()).strip("\"'“”«».") or run.plan.title
