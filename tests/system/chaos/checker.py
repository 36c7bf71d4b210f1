"""After quiet: does everything that was promised hold? Writes what does not into the book."""

import asyncio
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2

from billing import reconcile
from server.persistence.database import open_database
from server.persistence.redis import TRIMMED_STREAMS, USAGE_GROUP, USAGE_STREAM, open_redis
from tests.support.eventually import eventually
from tests.system.chaos import queries, witnesses
from tests.system.chaos.book import Book
from tests.system.chaos.cluster import Cluster, size

QUIET_S = 200.0
"""Leases of the dead, claims of what a killed worker had read, and a sweep of the outbox."""

RELEASE_S = 20.0
"""In which another process ends the turns of a dead one (T6)."""

MORE_MIB, MORE_FILES = 120, 60
"""That a web process may have more after quiet than just after its start: what is allocated once,
pooled connections, and long answers that are kept for a while."""

DISTURBING = {"terminate_connections", "lose_commit_replies", "freeze_web", "roll"}
"""After these, or while they last, a process does not judge others at once."""

_WAITING = """
SELECT (SELECT count(*) FROM turns WHERE state IN ('admitted', 'running'))
     + (SELECT count(*) FROM holds WHERE state = 'open') AS turns,
       (SELECT count(*) FROM outbox LEFT JOIN dead_letters USING (call_id)
        WHERE applied_at IS NULL AND dead_letters.id IS NULL) AS events
"""

_LAST_LINE = re.compile(
    r"(?:^|\n)((?:\w+\.)*\w*(?:Error|Exception|Timeout|Cancelled|Group)\b[^\n]*)"
)


async def await_quiet(cluster: Cluster, book: Book, within_s: float = QUIET_S) -> None:
    """Wait until everything is up, every turn has ended and every event is billed."""
    cluster.arm(0)
    cluster.postgres.accept()
    cluster.redis.accept()
    cluster.postgres.resume()
    cluster.redis.resume()
    waiting: Any = None

    async def is_quiet() -> bool:
        nonlocal waiting
        await asyncio.sleep(0.2)
        waiting = dict((await cluster.rows(_WAITING))[0])
        return not any(waiting.values()) and not await _pending(cluster)

    try:
        await cluster.all_ready()
        await eventually(is_quiet, within_s)
    except AssertionError as error:
        book.wrong("quiet", "cluster", f"not quiet after {within_s:g} s: {waiting}: {error}")


async def _pending(cluster: Cluster) -> int:
    async with open_redis(cluster.engines.urls.redis_url) as redis:
        if not await redis.exists(USAGE_STREAM):
            return 0
        groups: Any = await redis.xinfo_groups(USAGE_STREAM)
        return sum(int(group["pending"]) for group in groups)


async def check(cluster: Cluster, book: Book) -> dict[str, Any]:
    """All of it; answers figures for the report."""
    async with open_database(cluster.engines.urls.database_url, pool_size=1) as database:
        for finding in await reconcile.check(database):
            rows = "; ".join(str(row) for row in finding.rows[:5])
            says = f"{finding.says} ({finding.count} times it is not so): {rows}"
            book.wrong(f"reconcile {finding.name}", finding.ids[0], says)
    for name, query in queries.AFTER_QUIET.items():
        for row in await cluster.rows(query):
            book.wrong(name, str(row["about"]), str(row["says"]))
    db = witnesses.stored(
        await cluster.rows(queries.TURNS),
        await cluster.rows(queries.USAGE),
        witnesses.read_calls(cluster.stub_log),
    )
    for view in book.views:
        witnesses.check_view(book, view, db)
    for tag in book.sent:
        witnesses.check_sent(book, tag, db)
        witnesses.check_calls(book, tag, db)
    witnesses.check_internal(book, db)
    witnesses.check_crowds(book, db)
    if not any(row["state"] == "completed" for row in db.turns.values()):
        book.wrong("rig", "turns", "not a single turn was completed: nothing was tried")
    if "Traceback" in (cluster.folder / "provider.log").read_text():
        book.wrong("rig", "provider.log", "the stub is broken")
    await _check_redis(cluster, book)
    leftovers = await _check_leftovers(cluster, book)
    tracebacks = check_logs(cluster.folder, book)
    releases = _releases(cluster, book, db)
    outcomes = Counter(
        f"{row['state']} {(db.outcomes[turn].get('error') or {}).get('code', '')}".strip()
        for turn, row in db.turns.items()
    )
    return {
        "turns": len(db.turns),
        "outcomes": outcomes,
        "usage rows": sum(len(rows) for rows in db.usage.values()),
        "calls": sum(len(calls) for calls in db.calls.values()),
        "releases": releases,
        "leftovers": leftovers,
        "tracebacks": tracebacks,
    }


async def _check_redis(cluster: Cluster, book: Book) -> None:
    """I11: keys without a lifetime or a cap."""
    async with open_redis(cluster.engines.urls.redis_url) as redis:
        async for key in redis.scan_iter(count=1_000):
            if key.decode(errors="replace") not in TRIMMED_STREAMS and await redis.ttl(key) == -1:
                book.wrong("I11 keys", key.decode(errors="replace"), "has no lifetime")
        if await redis.exists(USAGE_STREAM):
            groups: Any = await redis.xinfo_groups(USAGE_STREAM)
            if [group for group in groups if group["pending"]]:
                book.wrong("I11 pending", USAGE_GROUP, f"{groups}")


async def _check_leftovers(cluster: Cluster, book: Book) -> dict[str, dict[str, float]]:
    """I11: what each web process still holds, now that nobody is there."""
    found: dict[str, dict[str, float]] = {}
    async with httpx2.AsyncClient(timeout=10) as http:
        for web in cluster.webs:
            try:
                figures = await _settled_figures(http, web.url)
            except httpx2.HTTPError as error:
                book.wrong("I11 answers", web.name, f"/metrics after quiet: {error!r}")
                continue
            for name in ("sessions_open", "turns_running"):
                if figures.get(name):
                    book.wrong("I11 left", web.name, f"{name} is {figures[name]:g} after quiet")
            figures["MiB"], figures["fds"] = size(web)
            figures["MiB at start"], figures["fds at start"] = cluster.baseline[web.name]
            if figures["MiB"] > figures["MiB at start"] + MORE_MIB:
                book.wrong("I11 memory", web.name, f"{figures}")
            if figures["fds"] > figures["fds at start"] + MORE_FILES:
                book.wrong("I11 files", web.name, f"{figures}")
            figures["starts"] = web.starts
            found[web.name] = figures
    rows = await cluster.rows(
        "SELECT pid, state, query FROM pg_stat_activity WHERE application_name = 'causerie'"
        " AND state LIKE 'idle in transaction%' AND state_change < now() - interval '2 s'"
    )
    for row in rows:
        book.wrong("I11 transactions", str(row["pid"]), f"{row['state']}: {row['query']}")
    return found


async def _settled_figures(http: httpx2.AsyncClient, url: str) -> dict[str, float]:
    """Sessions that were cut are noticed within a moment."""
    figures: dict[str, float] = {}
    for _ in range(100):
        text = (await http.get(f"{url}/metrics")).text
        figures = {
            name: float(value)
            for name, _, value in (line.rpartition(" ") for line in text.splitlines())
            if name in {"sessions_open", "turns_running", "outbox_lag_seconds"}
        }
        if not figures.get("sessions_open") and not figures.get("turns_running"):
            break
        await asyncio.sleep(0.5)
    return figures


def check_logs(folder: Path, book: Book) -> Counter[str]:
    """I12: planted secrets and users' words; answers the tracebacks, by their last line."""
    tracebacks: Counter[str] = Counter()
    canary = re.compile("|".join(map(re.escape, book.canaries)) or "(?!)")
    secret = re.compile("|".join(map(re.escape, book.secrets)) or "(?!)")
    logs = [*folder.glob("*.log"), *folder.glob("engines/logs/*.log")]
    for path in [*logs, folder / "clients.jsonl"]:
        with path.open(errors="replace") as lines:
            for line in lines:
                if found := secret.search(line):
                    book.wrong("I12 secret", path.name, f"{found[0][:12]}… in {line[:300]}")
                if path in logs and (found := canary.search(line)):
                    book.wrong("I12 words", path.name, f"{found[0]} in {line[:300]}")
                if path in logs and "Traceback" in line:
                    tracebacks[_named(line)] += 1
    return tracebacks


def _named(line: str) -> str:
    try:
        said = json.loads(line)
    except ValueError:
        return line.strip()[:160]
    last = _LAST_LINE.findall(said.get("error", ""))
    return f"{said.get('message', '')[:60]}: {last[-1][:140] if last else '?'}"


def _releases(cluster: Cluster, book: Book, db: witnesses.Stored) -> list[tuple[float, bool]]:
    """Seconds from a web process's death to the end of each turn that it ran, and whether those
    who end it were well: the database, and one that has lived for as long as a lease."""
    found = []
    for turn, death in cluster.orphans.items():
        row = db.turns[turn]
        if row["ended_at"] is None:
            continue
        ended = row["ended_at"].timestamp()
        calm = _was_calm(cluster, book, death.at - RELEASE_S, ended)
        took = ended - death.at
        found.append((took, calm))
        if calm and took > RELEASE_S:
            book.wrong("T6 release", turn, f"held {took:.1f} s after {death.member} died")
    return found


def _was_calm(cluster: Cluster, book: Book, since: float, until: float) -> bool:
    if any(
        start < until and since < end
        for start, end, kind in book.fault_times
        if "postgres" in kind or kind in DISTURBING
    ):
        return False
    dead = {death.member for death in cluster.deaths if since < death.at < until}
    return len(dead & {web.name for web in cluster.webs}) < len(cluster.webs) - 1
