"""``reconcile``: prove that no credit was lost and none was made; repair what is derived."""

import asyncio
import sys
from contextlib import aclosing
from datetime import datetime
from typing import Any

import click
from msgspec import to_builtins
from redis.asyncio import Redis
from redis.exceptions import RedisError

from billing.invariants.base import SHOWN_MAX, Finding
from billing.invariants.keys import KEYS, check_keys
from billing.reconcile import INVARIANTS, check
from billing.repair import Change, repair
from server.cli.context import show
from server.cli.people import open_running
from server.persistence import usage_stream
from server.persistence.redis import open_redis
from server.turns.assembly import HOLD_MARGIN_S

ASKED = len(INVARIANTS) + len(KEYS) + 1
"""One more: no secret of the settings lies about."""


@click.command()
@click.option(
    "--repair",
    "is_repaired",
    is_flag=True,
    help="Put right what is derived: usage rows, charges, what is held, marks of the outbox.",
)
@click.option("--json", "as_json", is_flag=True, help='Print {"ok", "findings"} and nothing else.')
def reconcile(*, is_repaired: bool, as_json: bool) -> None:
    """Prove that balances, holds, usage and charges add up.

    Changes nothing without --repair; with it, balances and transfers are never touched, and the
    answer also holds "changes". Safe while the system runs. Exit status 1 when something does not
    add up (with --repair: still does not). What is still on its way from turns to charges is given
    two minutes before it counts.
    """
    changes, findings = asyncio.run(_reconcile(is_repaired=is_repaired))
    answer: dict[str, Any] = {"ok": not findings, "findings": to_builtins(findings)}
    if is_repaired:
        answer["changes"] = to_builtins(changes)
    show(answer, as_json=as_json, text="\n".join([*_changed(changes), *_text(findings)]))
    if findings:
        sys.exit(1)


async def _reconcile(*, is_repaired: bool) -> tuple[list[Change], list[Finding]]:
    async with (
        open_running() as (settings, database),
        aclosing(open_redis(settings.engines.redis)) as redis,
    ):
        changes: list[Change] = []
        if is_repaired:
            changes = await repair(database, waiting_since=await _waiting_since(redis))
        findings = await check(database, secrets=settings.secrets())
        lease = settings.turn_seconds + HOLD_MARGIN_S
        return changes, findings + await check_keys(redis, database, slot_lease_s=lease)


async def _waiting_since(redis: Redis) -> datetime | None:
    try:
        return await usage_stream.waiting_since(redis)
    except (RedisError, OSError):
        return None  # said by a finding


def _changed(changes: list[Change]) -> list[str]:
    lines = []
    for change in changes:
        more = len(change.ids) - SHOWN_MAX
        names = [*change.ids[:SHOWN_MAX], *([f"and {more} more"] if more > 0 else [])]
        lines += [f"{change.says} ({len(change.ids)})", *(f"  {name}" for name in names)]
    return lines


def _text(findings: list[Finding]) -> list[str]:
    if not findings:
        return [f"everything adds up ({ASKED} invariants)"]
    lines = [f"{len(findings)} of {ASKED} invariants do not hold"]
    for finding in findings:
        lines.append(f"\n{finding.name}: {finding.says} ({finding.count} times it is not so)")
        lines += ["  " + "  ".join(f"{name}={row[name]}" for name in row) for row in finding.rows]
        if finding.count > len(finding.rows):
            lines.append(f"  and {finding.count - len(finding.rows)} more")
    return lines
