"""What an export holds: a zip file, written piece by piece, whatever there is to write.

All that the database has is read in one snapshot, so that it fits together; the bytes of uploads
come after it, when no connection is held any more.
"""

import asyncio
import time
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, BinaryIO, Self
from uuid import UUID

import msgspec

from server.domain.errors import ServiceUnavailable
from server.domain.money import credits_text, usd_text
from server.domain.sheets import line
from server.media.names import clean
from server.media.storage import MediaStorage
from server.persistence import belongings
from server.persistence.belongings import Row
from server.persistence.conversations import Conversation
from server.persistence.database import Database, Snapshot, allow

BLOCK_BYTES = 256 * 1024
"""Compressed at once, in a thread: some milliseconds."""

STATEMENT_S = 60.0
"""Counting a million messages takes seconds, and nobody waits for it."""

README = """\
Everything of yours that this server keeps, as of the moment in account.json.

account.json         who you are here, your plan and limits, workspaces, credits, and what each
                     month has cost
conversations/       each conversation twice: .json with every message of every branch, and .md to
                     read; parts of a message name uploads by their mediaId
media/               what you uploaded, each file named by its mediaId and its own name
presets.json         your presets
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


class Archive:
    """A zip file that is being written to ``file``, one entry at a time, in threads."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)

    @asynccontextmanager
    async def entry(self, name: str, *, packed: bool = False) -> AsyncIterator["Entry"]:
        """``packed``: it is small already."""
        info = zipfile.ZipInfo(name, time.gmtime()[:6])
        info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        entry = Entry(self._zip, info)
        yield entry
        await _thread(entry.close)

    async def json(self, name: str, value: object) -> None:
        async with self.entry(name) as entry:
            await entry.write(pretty(value))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        if kind is None:
            await _thread(self._zip.close)
        else:
            self._zip.fp = None  # it would write its end into a file that is closed by then


class Entry:
    def __init__(self, into: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self._zip = into
        self._info = info
        self._waiting = bytearray()
        self._open: IO[bytes] | None = None

    async def write(self, data: str | bytes) -> None:
        self._waiting += data.encode() if isinstance(data, str) else data
        if len(self._waiting) >= BLOCK_BYTES:
            await _thread(self._flush)

    def _flush(self) -> None:
        if self._open is None:
            self._open = self._zip.open(self._info, "w", force_zip64=True)
        self._open.write(self._waiting)
        self._waiting.clear()

    def close(self) -> None:
        """What waits, and the end."""
        self._flush()
        if self._open is not None:
            self._open.close()


async def _thread(work: Callable[[], None]) -> None:
    """Off the loop; also a cancelled caller waits for it, so that nobody closes the file under
    it."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise


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
    await archive.json("presets.json", await belongings.presets(tx, user))
    told = [row async for row in belongings.notifications(tx, user)]
    await archive.json("notifications.json", told)
    await archive.json("webhooks.json", await belongings.webhooks(tx, user))
    await archive.json("subscriptions.json", await belongings.subscriptions(tx, user))
    await archive.json("keys.json", await belongings.keys(tx, user))
    await archive.json("sessions.json", await belongings.sessions(tx, user))
    async with archive.entry("usage.csv") as entry:
        await _write_usage(entry, belongings.usage(tx, user))
    async with archive.entry("credits.csv") as entry:
        await entry.write(line(("at", "id", "kind", "in", "out", "turnId", "reason")))
        async for row in belongings.transfers(tx, user):
            amount = credits_text(row["amount"])
            sides = (amount, None) if row["came"] else (None, amount)
            shown = (row["at"].isoformat(), row["id"], row["kind"], *sides)
            await entry.write(line((*shown, row["turn_id"], row["reason"])))


async def _write_usage(entry: Entry, rows: AsyncIterator[Row]) -> None:
    await entry.write(line(_camel(name) for name in belongings.USAGE))
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
            await entry.write(between + _encode(row))
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


def pretty(value: object) -> str:
    return msgspec.json.format(_encode(value), indent=2) + "\n"


def _encode(value: object) -> str:
    return msgspec.json.encode(_camelled(value)).decode()


def _camelled(value: object) -> object:
    """Columns by the names that the interfaces have for them; what users wrote stays."""
    if isinstance(value, list):
        return [_camelled(one) for one in value]
    if isinstance(value, dict):
        return {
            _camel(name): one if name in _WRITTEN else _camelled(one) for name, one in value.items()
        }
    return value


_WRITTEN = frozenset({"data", "params", "parts", "receipt"})
"""Stored in the shape that the interfaces show."""


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
