"""The table at the end: what was done to the product, what it did, what it did not keep."""

from collections.abc import Iterable
from typing import Any

from tests.system.chaos.book import Book
from tests.system.chaos.cluster import Cluster

SHOWN = 40
"""Violations that are shown with their events; the files have them all."""


def quantiles(values: Iterable[float]) -> str:
    """p50, p99 and the largest, in seconds."""
    ordered = sorted(values)
    if not ordered:
        return "none"
    p50, p99 = (ordered[min(int(len(ordered) * q), len(ordered) - 1)] for q in (0.5, 0.99))
    return f"n {len(ordered)}, p50 {p50:.2f}, p99 {p99:.2f}, max {ordered[-1]:.2f} s"


def _table(title: str, counts: dict[str, Any]) -> list[str]:
    lines = [f"| {title} | |", "| --- | ---: |"]
    lines += [f"| {name} | {value} |" for name, value in sorted(counts.items())]
    return [*lines, ""]


def render(
    cluster: Cluster, book: Book, figures: dict[str, Any], *, seed: int, seconds: float
) -> str:
    """Markdown."""
    deaths: dict[str, int] = {}
    for death in cluster.deaths:
        why = death.why.partition("@")[0]
        deaths[f"{death.member.rstrip('0123456789')}: {why}"] = (
            deaths.get(f"{death.member.rstrip('0123456789')}: {why}", 0) + 1
        )
    faults = sum(book.faults.values())
    points = sum(1 for death in cluster.deaths if death.why.startswith("failpoint"))
    releases, resumes = figures["releases"], book.resumes
    lines = [
        f"# Fault rig: SEED={seed}, {seconds / 60:.1f} minutes",
        "",
        f"{len(book.violations)} violations. {figures['turns']} turns, {figures['calls']} provider"
        f" calls, {figures['usage rows']} usage rows, {faults} faults and {points} deaths at"
        " failpoints. Logs:"
        f" `{cluster.folder}`.",
        "",
        f"- holds freed after a death, survivors well: {quantiles(t for t, ok in releases if ok)}",
        f"- holds freed after a death, all: {quantiles(t for t, _ in releases)}",
        f"- resume elsewhere, calm: {quantiles(t for t, calm in resumes if calm)}",
        f"- resume elsewhere, all: {quantiles(t for t, _ in resumes)}",
        f"- first turn after a heavy fault: {quantiles(t for _, t in book.service_gaps)}",
        "",
        *_table("faults", dict(book.faults)),
        *_table("first turn after", _gaps(book)),
        *_table("deaths", deaths),
        *_table("outcomes", dict(figures["outcomes"])),
        *_table("refusals", dict(book.refusals)),
        *_table("scripts", dict(book.scripts)),
        *_table("scripts and faults that an outage cut short", dict(book.crashes)),
        *_table("left after quiet", figures["leftovers"]),
        *_table("tracebacks in logs", dict(figures["tracebacks"])),
        *_violations(book),
    ]
    return "\n".join(lines) + "\n"


def _gaps(book: Book) -> dict[str, str]:
    gaps: dict[str, list[float]] = {}
    for kind, seconds in book.service_gaps:
        gaps.setdefault(kind, []).append(seconds)
    return {kind: quantiles(values) for kind, values in gaps.items()}


def _violations(book: Book) -> list[str]:
    if not book.violations:
        return ["No violations.", ""]
    counts: dict[str, int] = {}
    for violation in book.violations:
        counts[violation.of] = counts.get(violation.of, 0) + 1
    lines = _table("violations", counts)
    for violation in book.violations[:SHOWN]:
        lines.append(f"- **{violation.of}** `{violation.about}`: {violation.says}")
        lines += [f"    - {event}" for event in violation.events[-12:]]
    return [*lines, ""]
