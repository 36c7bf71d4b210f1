"""What an export holds: a zip file, written piece by piece, whatever there is to write.

All that the database has is read in one snapshot, so that it fits together; the bytes of uploads
come after it, when no connection is held any more.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

import msgspec

from server.domain.errors import ServiceUnavailable
from server.domain.money import credits_text, usd_text
from server.domain.sheets import line
from server.media.names import clean
from server.media.storage import MediaStorage
from server.persistence import belongings, creatorbelongings
from server.persistence.belongings import Row
from server.persistence.conversations import Conversation
from server.persistence.database import Database, Snapshot, allow
from server.workers.zips import Archive, Entry, camel, encode, pretty

STATEMENT_S = 60.0
"""Counting a million messages takes seconds, and nobody waits for it."""

README = """\
Everything of yours that this server keeps, as of the moment in account.json.

account.json         who you are here, your plan and limits, workspaces, credits, and what each
                     month has cost
conversations/       each conversation twice: .json with every message of every branch, and .md to
                     read; parts of a message name uploads by their mediaId
media/               what you uploaded, each file named by its mediaId and its own name
configuration.json   how agents speak for you
presets.json         your presets
agents.json          agents of your own
quick-replies.json   answers that you keep to send again
experiments.json     your A/B tests
experiment-fans.json which message each fan got in them, and what they did
reports.json         how often a performance report comes
generations.json     what was made of single requests: each request, and its answer
insights.json        what agents have learned from your work
platforms.json       your accounts on platforms, without their tokens
campaigns.json       your campaigns
stats.json           messages and revenue of each day
fans.json            subscriptions of your fans
usage.csv            each call of a model that was made for you, and what it cost
credits.csv          credits that came and went
notifications.json   what you were told beside your turns
webhooks.json        your webhooks, without their secrets
subscriptions.json   your subscriptions
keys.json            your API keys, without their secrets, which are not kept
sessions.json        where you are, or lately were, signed in

Amounts in dollars and credits are decimal numbers, times are UTC. A cell of a .csv that a
spreadsheet would take for a formula begins with an apostrophe.
"""

MISSING = "media/missing.txt"


@dataclass
class Progress:
    """Messages and uploads."""

    done: int = 0
    total: int = 0


async def write_archive(
    file: BinaryIO, database: Database, storage: MediaStorage, user: UUID, progress: Progress
) -> None:
    """
    Raises:
        ServiceUnavailable: the database does not answer.
        OSError: there is no room.
    """
    async with Archive(file) as archive:
        async with archive.entry("README.txt") as entry:
            await entry.write(README)
        async with database.snapshot() as tx:
            await allow(tx, STATEMENT_S)
            progress.total = await belongings.count(tx, user)
            await _write_lists(archive, tx, user)
            async for conversation in belongings.conversations(tx, user):
                await _write_conversation(archive, tx, conversation, progress)
            uploads = [row async for row in belongings.media(tx, user)]
        await _write_uploads(archive, storage, uploads, progress)


async def _write_lists(archive: Archive, tx: Snapshot, user: UUID) -> None:
    account = await belongings.account(tx, user)
    account |= {name: credits_text(account[name] or 0) for name in ("credits", "held")}
    if account["own_quota_usd"] is not None:
        account["own_quota_usd"] = usd_text(account["own_quota_usd"])
    account["months"] = [
        {
            "month": month["month"],
            "spent_usd": usd_text(month["spent"]),
            "limit_usd": None if month["limit_usd"] is None else usd_text(month["limit_usd"]),
        }
        for month in account["months"]
    ]
    await archive.json("account.json", account)
    await archive.json("configuration.json", await creatorbelongings.configuration(tx, user))
    await archive.json("presets.json", await creatorbelongings.presets(tx, user))
    await archive.json("agents.json", await creatorbelongings.agents(tx, user))
    await archive.json("quick-replies.json", await creatorbelongings.quick_replies(tx, user))
    await archive.json("experiments.json", await creatorbelongings.experiments(tx, user))
    tried = [row async for row in creatorbelongings.experiment_fans(tx, user)]
    await archive.json("experiment-fans.json", tried)
    await archive.json("reports.json", await creatorbelongings.report_schedule(tx, user))
    told = [row async for row in belongings.notifications(tx, user)]
    await archive.json("notifications.json", told)
    await archive.json("webhooks.json", await belongings.webhooks(tx, user))
    await archive.json("subscriptions.json", await belongings.subscriptions(tx, user))
    await archive.json("keys.json", await belongings.keys(tx, user))
    await archive.json("sessions.json", await belongings.sessions(tx, user))
    await archive.json("platforms.json", await belongings.platforms(tx, user))
    for read in (belongings.insights, belongings.campaigns, belongings.stats, belongings.fans):
        await archive.json(f"{read.__name__}.json", [row async for row in read(tx, user)])
    async with archive.entry("generations.json") as entry:
        await _write_rows(entry, creatorbelongings.generations(tx, user))
    async with archive.entry("usage.csv") as entry:
        await _write_usage(entry, belongings.usage(tx, user))
    async with archive.entry("credits.csv") as entry:
        await entry.write(line(("at", "id", "kind", "in", "out", "turnId", "reason")))
        async for row in belongings.transfers(tx, user):
            amount = credits_text(row["amount"])
            sides = (amount, None) if row["came"] else (None, amount)
            shown = (row["at"].isoformat(), row["id"], row["kind"], *sides)
            await entry.write(line((*shown, row["turn_id"], row["reason"])))


async def _write_rows(entry: Entry, rows: AsyncIterator[Row]) -> None:
    """One a line, as they come: there may be more of them than memory."""
    between = "[\n"
    async for row in rows:
        await entry.write(between + encode(row))
        between = ",\n"
    await entry.write("[]\n" if between == "[\n" else "\n]\n")


async def _write_usage(entry: Entry, rows: AsyncIterator[Row]) -> None:
    await entry.write(line(camel(name) for name in belongings.USAGE))
    async for row in rows:
        shown = row | {
            "at": row["at"].isoformat(),
            "cost_usd": usd_text(row["cost_usd"]),
            "charged": credits_text(row["charged"]),
            "charged_usd": usd_text(row["charged_usd"]),
        }
        await entry.write(line(shown.values()))


async def _write_conversation(
    archive: Archive, tx: Snapshot, conversation: Conversation, progress: Progress
) -> None:
    name, ids = (
        f"conversations/{conversation.id}",
        await belongings.message_ids(tx, conversation.id),
    )
    async with archive.entry(f"{name}.json") as entry:
        described = msgspec.structs.asdict(conversation) | {
            "cost_usd": usd_text(conversation.cost_usd),
            "charged": credits_text(conversation.charged),
        }
        head = pretty(described).rstrip().removesuffix("}").rstrip()
        await entry.write(f'{head},\n  "messages": [')
        between = "\n"
        async for row in belongings.messages(tx, ids):
            await entry.write(between + encode(row))
            between = ",\n"
            progress.done += 1
        await entry.write("\n]}\n")
    async with archive.entry(f"{name}.md") as entry:
        await entry.write(f"# {' '.join(conversation.title.split())}\n")
        numbers = {id_: number for number, id_ in enumerate(ids, 1)}
        async for row in belongings.messages(tx, ids):
            await entry.write(_shown(row, numbers))


def _shown(row: Row, numbers: dict[UUID, int]) -> str:
    """One message to read. Branches: says where it goes on from, unless that is the one before."""
    number, before = numbers[row["id"]], numbers.get(row["parent_id"], 0)
    who = "You" if row["role"] == "user" else row["model"] or row["agent"] or "Assistant"
    shown = f"\n## {number} · {who} · {row['created_at']:%Y-%m-%d %H:%M}\n\n"
    if before != number - 1:
        shown += f"*Goes on from {before}.*\n\n" if before else "*Begins anew.*\n\n"
    if row["state"] != "complete":
        shown += f"*({row['state']})*\n\n"
    attached = (part for part in row["parts"] or () if part["type"] != "text")
    names = "".join(f"*Attached: {part.get('name', part['mediaId'])}*\n\n" for part in attached)
    return f"{shown}{names}{row['text'].rstrip()}\n"


async def _write_uploads(
    archive: Archive, storage: MediaStorage, uploads: Iterable[Row], progress: Progress
) -> None:
    """One that the storage does not give is named in a list instead."""
    missing = []
    for row in uploads:
        name = f"media/{row['id']}-{clean(row['name'], row['kind']).translate(_RESERVED)}"
        try:
            pieces = await storage.open(row["id"])
        except ServiceUnavailable:
            missing.append(name)
            continue
        async with archive.entry(name, packed=row["kind"] == "image") as entry:
            async for piece in pieces:
                await entry.write(piece)
        progress.done += 1
    if missing:
        async with archive.entry(MISSING) as entry:
            await entry.write("\n".join(missing) + "\n")


_RESERVED = str.maketrans(dict.fromkeys('<>:"|?*', "_"))
"""What some systems do not take in the name of a file."""
