"""G9: a turn in a conversation of a thousand messages, beside one as long in tokens but new."""

import json
import time

from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect

from server.domain.ids import new_id
from tests.benchmarks.asked import Asked
from tests.benchmarks.contestants import OURS, Product
from tests.benchmarks.processes import cpu_s
from tests.benchmarks.rig import Rig
from tests.benchmarks.workload import Goal, Measured, Workload

MESSAGES = 1_000
WORDS = 10
"""Of each message: so many that all of them fit the window, so that both send the same tokens."""

WARM_UP_TURNS = 5
TURNS = 40
ASKED = Asked(tokens=20, rate=0, think_ms=0)

RATIO = Goal("g9", f"a turn after {MESSAGES:,} messages over one after 2", "times", 1.2, "less", 2)

_ADD_CONVERSATION = """
INSERT INTO conversations (id, user_id, workspace_id, title)
SELECT :id, user_id, workspace_id, 'benchmark' FROM turns WHERE id = :turn
"""
_ADD_MESSAGE = """
INSERT INTO messages (id, conversation_id, parent_id, role, text, turn_id, state, created_at)
VALUES (:id, :conversation, :parent, :role, :text, :turn, 'complete', now())
"""
_MOVE_LEAF = "UPDATE conversations SET leaf_message_id = :leaf, message_count = :n WHERE id = :id"


async def turn(session: ClientConnection, asked: Asked, conversation: str | None = None) -> str:
    """Ask, and wait for the receipt; answers the turn's id."""
    said = {"type": "turn.start", "clientMessageId": str(new_id()), "text": asked.prompt()}
    place = {"conversationId": conversation} if conversation else {}
    await session.send(json.dumps({**said, **place, "id": str(new_id())}))
    while True:
        event = json.loads(await session.recv())
        if event["type"] == "turn.completed":
            return str(event["turnId"])
        if event["type"] in ("turn.failed", "error"):
            raise RuntimeError(f"{event}"[:300])


async def add_conversation(product: Product, turn_id: str, messages: int, words: int) -> str:
    """One with so many messages, that belongs to whoever asked ``turn_id``."""
    conversation, ids = new_id(), [new_id() for _ in range(messages)]
    rows = [
        {
            "id": ids[n],
            "conversation": conversation,
            "parent": ids[n - 1] if n else None,
            "role": "assistant" if n % 2 else "user",
            "text": " word" * words,
            "turn": turn_id,
        }
        for n in range(messages)
    ]
    async with product.live.database() as (_, database), database.transaction() as tx:
        await tx.execute(text(_ADD_CONVERSATION), {"id": conversation, "turn": turn_id})
        await tx.execute(text(_ADD_MESSAGE), rows)
        moved = {"leaf": ids[-1], "n": messages, "id": conversation}
        await tx.execute(text(_MOVE_LEAF), moved)
    return str(conversation)


async def measure(rig: Rig) -> Measured:
    product = rig.product
    (key,) = await product.keys(1)
    spent: dict[int, float] = {}
    async with connect(
        product.live.ws_url,
        additional_headers={"Authorization": f"Bearer {key}"},
        compression=None,
        max_size=None,
    ) as session:
        first = await turn(session, ASKED)
        for messages in (2, MESSAGES):
            words = MESSAGES * WORDS // messages
            conversation = await add_conversation(product, first, messages, words)
            for _ in range(WARM_UP_TURNS):
                await turn(session, ASKED, conversation)
            before, began = cpu_s(product.measured), time.monotonic()
            for _ in range(TURNS):
                await turn(session, ASKED, conversation)
            spent[messages] = cpu_s(product.measured) - before
            rig.say(
                f"    after {messages} messages: {spent[messages] / TURNS * 1000:.1f} ms of CPU"
                f" a turn, {(time.monotonic() - began) / TURNS * 1000:.0f} ms in all"
            )
    return Measured({RATIO.key: {OURS: spent[MESSAGES] / spent[2]}})


WORKLOAD = Workload("lengths", (RATIO,), measure)
