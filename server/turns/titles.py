"""Names for new conversations, made from their first exchange (T10)."""

import asyncio
from typing import Annotated
from unicodedata import category

from msgspec import Meta, Struct

from agents.prompts.load import prompt
from server.domain.clock import Clock
from server.domain.content import Params
from server.domain.errors import AppError
from server.domain.ids import ConversationId
from server.persistence import conversations
from server.persistence.database import Database
from server.protocol.events import ConversationUpdated, Outcome, TurnCompleted
from server.turns.beside import beside
from server.turns.cheapest import Cheapest
from server.turns.feed import TurnFeed
from server.turns.generation import Generation
from server.turns.oneshot import Purpose
from server.turns.run import Run

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
            naming = beside(FEATURE, self._name(run, conversation), conversation=conversation)
            self._tasks.create_task(naming)

    async def _name(self, run: Run, conversation: ConversationId) -> None:
        models = self._cheapest.find(self._clock())
        if not models or await self._title(run, conversation) != run.plan.title:
            return  # nobody answers at present, or somebody has named it
        title = await self._make(run, models)
        async with self._database.transaction() as tx:
            changed = await conversations.rename(
                tx, conversation, run.turn.user_id, title, expected=run.plan.title
            )
        if changed:
            news = ConversationUpdated(conversation_id=conversation, change="title")
            self._feed.tell_user(run.turn.user_id, news)

    async def _title(self, run: Run, conversation: ConversationId) -> str | None:
        async with self._database.snapshot() as tx:
            found = await conversations.find(tx, conversation, run.turn.user_id)
        return None if found is None else found.title

    async def _make(self, run: Run, models: tuple[str, ...]) -> str:
        question = run.plan.fitted.messages[-1].text[:SHOWN_CHARACTERS]
        answer = run.buffer.text[:SHOWN_CHARACTERS]
        made = await self._generation.generate_text_with_billing(
            f"<question>\n{question}\n</question>\n<answer>\n{answer}\n</answer>",
            Purpose(
                creator_id=run.turn.user_id,
                feature=FEATURE,
                agent_id=FEATURE,
                correlation_id=run.turn.correlation_id,
                workspace_id=run.turn.workspace_id,
            ),
            schema=Named,
            models=models,
            instructions=prompt("title"),
            params=Params(max_output_tokens=OUTPUT_TOKENS),
        )
        if not isinstance(made.value, Named):
            raise AppError("The title was cut off.")
        return cleaned(made.value.title) or run.plan.title


def cleaned(title: str) -> str:
    """On one line, without quotation marks around it, and without what does not show: controls,
    and characters that turn the direction of a whole list."""
    shown = "".join(one if category(one)[0] not in "CZ" else " " for one in title)
    return " ".join(shown.split()).strip("\"'“”«». ")
