"""How long a search takes: `DATABASE_URL` names an empty database; 100,000 messages of two people
are written into it, and words of every frequency are looked for."""

import asyncio
import os
import random
import sys
import time
from collections import Counter
from uuid import UUID

from sqlalchemy import text

from server.domain.ids import new_id
from server.migrations.upgrade import upgrade
from server.persistence.conversations import insert_conversation
from server.persistence.database import Database, open_database
from server.persistence.search import search_messages
from tests.server.persistence.test_conversations import owner

CONVERSATIONS, MESSAGES = 1_000, 50
SYLLABLES = (
    "ka",
    "lo",
    "mi",
    "ter",
    "an",
    "spri",
    "dro",
    "po",
    "st",
    "ca",
    "pt",
    "ion",
    "fan",
    "ri",
)
SHOWN = 21


def vocabulary(chance: random.Random) -> list[str]:
    return sorted(
        {"".join(chance.choices(SYLLABLES, k=chance.choice((2, 3)))) for _ in range(9_000)}
    )


async def fill(database: Database, name: str, chance: random.Random, words: list[str]) -> UUID:
    user, workspace = await owner(database, name)

    def said(count: int) -> str:
        return " ".join(
            words[min(int(chance.paretovariate(0.6)) - 1, len(words) - 1)] for _ in range(count)
        )

    for _ in range(CONVERSATIONS):
        async with database.transaction() as tx:
            made = new_id()
            await insert_conversation(
                tx, made, user, workspace, title=said(4), agent=None, model=None, preset=None
            )
            await tx.execute(
                text(
                    "INSERT INTO messages (id, conversation_id, role, text, turn_id, state) "
                    "VALUES (:id, :conversation, 'user', :text, :id, 'complete')"
                ),
                [
                    {"id": new_id(), "conversation": made, "text": said(25 if at % 2 else 250)}
                    for at in range(MESSAGES)
                ],
            )
    return user


async def main() -> None:
    url, chance = os.environ["DATABASE_URL"], random.Random(5)
    await upgrade(url)
    async with open_database(url) as database:
        words = vocabulary(chance)
        user = await fill(database, "one@example.com", chance, words)
        await fill(database, "other@example.com", chance, words)
        async with database.transaction() as tx:
            await tx.execute(text("ANALYZE messages"))
            await tx.execute(text("ANALYZE conversations"))
            sample = (await tx.execute(text("SELECT text FROM messages LIMIT 4000"))).scalars()
            counted = [word for word, _ in Counter(" ".join(sample).split()).most_common()]
        places = (0, 5, 50, 200, 500, 2_000, len(counted) - 1)
        for word in [*(counted[place] for place in places), "nowhere", "lo", "zq", "sprika lomi"]:
            taken = list[float]()
            for _ in range(8):  # the driver's plan is made anew after the fifth
                async with database.snapshot() as tx:
                    begun = time.perf_counter()
                    found = await search_messages(tx, user, word, SHOWN)
                    taken.append(time.perf_counter() - begun)
            longest = max(taken[1:]) * 1000
            sys.stdout.write(f"{word:16} {len(found):3} hits  {longest:7.1f} ms at most\n")


if __name__ == "__main__":
    asyncio.run(main())
