"""Conversations as they are after years: written into the database, not said."""

from sqlalchemy import text

from tests.support.server import LiveServer

WORDS = "the harbour light falls on paper boats while somebody counts them slowly again"

_MESSAGES = text("""
INSERT INTO messages (id, conversation_id, parent_id, role, text, agent, model, turn_id, state,
                      created_at)
SELECT (:head || lpad(to_hex(n), 12, '0'))::uuid, CAST(:conversation AS uuid),
       CASE WHEN n > 1 THEN (:head || lpad(to_hex(n - 1), 12, '0'))::uuid END,
       CASE WHEN n % 2 = 1 THEN 'user' ELSE 'assistant' END,
       CASE WHEN n % 2 = 1 THEN 'Question ' || n || '? ' || repeat(CAST(:words AS text), n % 3)
            ELSE 'Answer ' || n || E'.\\n\\n' || CASE
                WHEN n % 20 = 0 THEN E'| a | b |\\n|---|---|\\n| 1 | 2 |\\n| 3 | 4 |\\n'
                WHEN n % 14 = 0 THEN E'```python\\nprint(1)\\nreturn None\\n```\\n'
                WHEN n % 6 = 0 THEN E'- one\\n- two with **weight**\\n- three\\n'
                ELSE repeat(CAST(:words AS text) || '. ', 1 + n % 9) END END,
       CASE WHEN n % 2 = 0 THEN 'assistant' END,
       CASE WHEN n % 2 = 0 THEN 'demo/causerie-demo' END,
       (:turns || lpad(to_hex((n + 1) / 2), 12, '0'))::uuid, 'complete',
       now() - interval '1 year' + n * interval '1 minute'
FROM generate_series(1, CAST(:count AS integer)) AS n
""")

_TIP = text("""
UPDATE conversations SET message_count = CAST(:count AS integer), title = 'Years of it',
       leaf_message_id = (:head || lpad(to_hex(CAST(:count AS integer)), 12, '0'))::uuid
WHERE id = CAST(:conversation AS uuid)
""")


def message_id(conversation: str, number: int) -> str:
    """Of the seeded message with that number; the first is 1."""
    return f"{conversation[-8:]}-0000-7000-8000-{number:012x}"


async def fill(server: LiveServer, conversation: str, count: int) -> None:
    """So many messages, questions and answers in turns, in a conversation that has none."""
    values = {
        "conversation": conversation,
        "head": f"{conversation[-8:]}-0000-7000-8000-",
        "turns": f"{conversation[-8:]}-0000-7000-9000-",
        "count": count,
    }
    async with server.database() as (_, database), database.transaction() as tx:
        await tx.execute(_MESSAGES, {**values, "words": f"{WORDS} "})
        await tx.execute(_TIP, {name: values[name] for name in ("conversation", "head", "count")})
