"""``reconcile``: prove that no credit was lost and none was made."""

import asyncio
import sys

import click
from msgspec import to_builtins

from billing.invariants.base import Finding
from billing.reconcile import INVARIANTS, check
from server.cli.context import show
from server.cli.people import open_running


@click.command()
@click.option("--json", "as_json", is_flag=True, help='Print {"ok", "findings"} and nothing else.')
def reconcile(*, as_json: bool) -> None:
    """Prove that balances, holds, usage and charges add up.

    Changes nothing. Exit status 1 when something does not add up. What is still on its way from
    turns to charges is given two minutes before it counts.
    """
    findings = asyncio.run(_check())
    answer = {"ok": not findings, "findings": to_builtins(findings)}
    show(answer, as_json=as_json, text=_text(findings))
    if findings:
        sys.exit(1)


async def _check() -> list[Finding]:
    async with open_running() as (_, database):
        return await check(database)


def _text(findings: list[Finding]) -> str:
    if not findings:
        return f"everything adds up ({len(INVARIANTS)} invariants)"
    lines = [f"{len(findings)} of {len(INVARIANTS)} invariants do not hold"]
    for finding in findings:
        lines.append(f"\n{finding.name}: {finding.says} ({finding.count} times it is not so)")
        lines += ["  " + "  ".join(f"{name}={row[name]}" for name in row) for row in finding.rows]
        if finding.count > len(finding.rows):
            lines.append(f"  and {finding.count - len(finding.rows)} more")
    return "\n".join(lines)
