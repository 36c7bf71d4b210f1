"""``deadletters``: usage events that billing gave up on, seen and sent again."""

import asyncio
import sys

import click
from msgspec import to_builtins

from billing.consumers.deadletters import DeadLetter, Replay, letters, replay
from server.cli.context import show
from server.cli.people import open_running

_MOMENT = "%Y-%m-%d %H:%M:%S"


@click.group()
def deadletters() -> None:
    """See usage events that billing could not write, and send them again."""


@deadletters.command("list")
@click.option("--json", "as_json", is_flag=True, help='Print {"items"} and nothing else.')
def list_letters(*, as_json: bool) -> None:
    """List dead letters, oldest first, with the reason of each."""
    found = asyncio.run(_letters())
    show({"items": to_builtins(found)}, as_json=as_json, text=_table(found))


@deadletters.command("replay")
@click.argument("ids", nargs=-1, type=click.IntRange(min=1), metavar="[ID]...")
@click.option("--all", "all_of_them", is_flag=True, help="All that were not replayed yet.")
@click.option("--json", "as_json", is_flag=True, help='Print {"sent", "refused"}.')
def replay_letters(*, ids: tuple[int, ...], all_of_them: bool, as_json: bool) -> None:
    """Send dead letters again, once what was wrong has been mended.

    Billing writes each call once, however often its event comes. Exit status 1 when one of the IDs
    could not be sent; the others go all the same.
    """
    if bool(ids) == all_of_them:
        raise click.UsageError("name the letters by their ID, or give --all")
    done = asyncio.run(_replay(None if all_of_them else ids))
    answer = {
        "sent": done.sent,
        "refused": [{"id": id_, "reason": reason} for id_, reason in done.refused.items()],
    }
    show(answer, as_json=as_json, text=_told(done))
    if ids and done.refused:
        sys.exit(1)


async def _letters() -> list[DeadLetter]:
    async with open_running() as (_, database), database.snapshot() as snapshot:
        return await letters(snapshot)


async def _replay(ids: tuple[int, ...] | None) -> Replay:
    async with open_running() as (_, database):
        return await database.run(lambda tx: replay(tx, ids))


def _table(found: list[DeadLetter]) -> str:
    waiting = sum(letter.replayed_at is None for letter in found)
    lines = [f"{waiting} waiting, {len(found) - waiting} replayed"]
    for letter in found:
        state = (
            "waits" if letter.replayed_at is None else f"replayed {letter.replayed_at:{_MOMENT}}"
        )
        call = letter.call_id or "unknown"
        lines.append(f"  {letter.id}  call={call}  {letter.at:{_MOMENT}}  {state}  {letter.reason}")
    return "\n".join(lines)


def _told(done: Replay) -> str:
    lines = [f"{len(done.sent)} sent again, {len(done.refused)} not"]
    lines += [f"  {id_} was not: {reason}" for id_, reason in done.refused.items()]
    return "\n".join(lines)
