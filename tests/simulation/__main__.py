"""``python -m tests.simulation quiet|anomalies|poisoned``: how detection does on made-up traffic.

``quiet``: incidents in 30 days of ordinary traffic, each of them a false alarm. ``anomalies``: how
long after a known minute each is found. ``poisoned``: the same after earlier incidents.
"""

import argparse
import statistics
import sys
from collections.abc import Iterable
from typing import Any

from tests.simulation.anomalies import LASTS_S, Anomaly, anomalies
from tests.simulation.traffic import DAY_S, HOUR_S, CallMade, World, at, per_usd
from tests.simulation.watching import Past, Seen, Watcher

LEARNED, MONTH = 28, 30
MINUTE_PAST_S = 120
"""Anomalies begin two minutes past the hour."""


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.simulation", description=__doc__)
    parser.add_argument("what", choices=("quiet", "anomalies", "poisoned"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="1: some 17 calls a minute")
    parser.add_argument("--every", type=int, default=10, help="seconds between two rounds")
    parser.add_argument("--hours", type=int, nargs="+", default=[4, 14, 20])
    asked = parser.parse_args()
    world = World(asked.seed, scale=asked.scale)
    if asked.what == "quiet":
        quiet(world, asked.every)
    else:
        found(world, asked)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def quiet(world: World, every_s: int) -> None:
    past = Past()
    for hour in world.calls(0, LEARNED):
        past.learn(hour)
    watcher = Watcher(past, every_s)
    calls, usd = 0, 0
    coming: list[CallMade] = []
    for day in range(LEARNED, LEARNED + MONTH):
        for number, hour in enumerate(world.calls(day, day + 1)):
            begin = day * DAY_S + number * HOUR_S
            coming = sorted([*coming, *hour])
            due = [call for call in coming if call.second < begin + HOUR_S]
            coming = coming[len(due) :]
            watcher.see(due, begin, begin + HOUR_S)
            past.learn(due)
            calls, usd = calls + len(due), usd + sum(call.usd for call in due)
    say(
        f"{MONTH} days, {calls} calls ({calls / MONTH / 1_440:.0f} a minute),"
        f" {per_usd(usd / MONTH)} a day, {watcher.rounds} rounds:"
        f" {len(watcher.incidents)} false alarms"
    )
    for seen in watcher.incidents:
        say(f"  {seen.opened_at:%Y-%m-%d %H:%M:%S} {seen.finding.explanation}")


def found(world: World, asked: argparse.Namespace) -> None:
    """A table of delays; an incident of another scope first counts as wrong."""
    past = Past()
    for hour in world.calls(0, LEARNED):
        past.learn(hour)
    say("| anomaly | found after, seconds | not found | wrong | also opened |")
    say("| --- | --- | --- | --- | --- |")
    for anomaly in anomalies():
        results = []
        for hour in asked.hours:
            if asked.what == "poisoned":
                poison(world, past, anomaly, hour)
            results.append(result(world, past, anomaly, hour, asked.every))
        say(row(anomaly, results))
        say(f"<!-- {next((one.finding.explanation for one, *_ in results if one), '')} -->")


def poison(world: World, past: Past, anomaly: Anomaly, hour: int) -> None:
    """Six hours of the same at that time a week before, and three the day before."""
    for days, hours in ((7, 6), (1, 3)):
        first = (LEARNED - days) * DAY_S + (hour - hours // 2) * HOUR_S
        for begin in range(first, first + hours * HOUR_S, LASTS_S):
            ordinary = _between(_day(world, begin // DAY_S), begin, begin + LASTS_S)
            changed = [more for call in ordinary for more in anomaly.change(call)]
            past.learn(set(changed) - set(ordinary), are_known=True)
            past.learn(anomaly.more(begin), are_known=True)


def result(
    world: World, past: Past, anomaly: Anomaly, hour: int, every_s: int
) -> tuple[Seen | None, float, list[Seen]]:
    """The first incident, how long it took, and the others."""
    begin = LEARNED * DAY_S + hour * HOUR_S + MINUTE_PAST_S
    first, last = begin - HOUR_S - 600, begin + LASTS_S
    ordinary = _between(_day(world, LEARNED), first, last)
    calls = [
        more
        for call in ordinary
        for more in (anomaly.change(call) if call.second >= begin else [call])
    ]
    watcher = Watcher(past, every_s)
    watcher.see([*calls, *anomaly.more(begin)], begin - 300, last)
    if not watcher.incidents:
        return None, 0.0, []
    one, *others = watcher.incidents
    return one, (one.opened_at - at(begin)).total_seconds(), others


def row(anomaly: Anomaly, results: list[Any]) -> str:
    delays = [delay for one, delay, _ in results if one and _is_right(anomaly, one)]
    wrong = [one.finding.scope for one, *_ in results if one and not _is_right(anomaly, one)]
    missed = sum(one is None for one, *_ in results)
    also = sum(not _is_right(anomaly, other) for *_, others in results for other in others)
    shown = f"{', '.join(f'{delay:.0f}' for delay in delays)}" if delays else "-"
    middle = f" (median {statistics.median(delays):.0f})" if len(delays) > 1 else ""
    return f"| {anomaly.name} | {shown}{middle} | {missed} | {_listed(wrong)} | {also} |"


def _is_right(anomaly: Anomaly, seen: Seen) -> bool:
    return f"{seen.finding.kind} {seen.finding.scope}" in anomaly.expected


def _listed(things: Iterable[object]) -> str:
    return ", ".join(str(thing) for thing in things) or "0"


def _day(world: World, day: int) -> list[CallMade]:
    return sorted(call for hour in world.calls(day, day + 1) for call in hour)


def _between(calls: list[CallMade], first: int, last: int) -> list[CallMade]:
    return [call for call in calls if first <= call.second < last]


if __name__ == "__main__":
    main()
