"""What each failure of each provider looks like to a client, and what it costs. Run by hand:

    .venv/bin/python -m tests.system.provider_failures
    .venv/bin/python -m tests.system.provider_failures --retries

It starts a server with private engines in a temporary folder, every provider pointed at a stub of
its wire, makes each fail in every way, and prints Markdown: providers that behave alike share a
row. ``--retries`` keeps the defaults and shows how calls are tried again. Nothing here is a test.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from click import echo

from tests.support.providers.exchange import Exchange
from tests.support.providers.plays import Play
from tests.system.provider_scene import MODELS, SDKS, Scene, Witness, scene, table, tell_machine

WAITING = {"FIRST_TOKEN_SECONDS": "1.5", "BETWEEN_TOKENS_SECONDS": "1"}
GONE = Play(first=-1.0)
"""Nobody listens at the provider's address."""

CHAT_FILTER = {"message": "The prompt was filtered.", "code": "content_filter", "type": None}
BLOCKED_PROMPT = b'{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}'

FAILURES: dict[str, Play | Mapping[str, Play]] = {
    "HTTP 400": Play(status=400),
    "HTTP 401": Play(status=401),
    "HTTP 404": Play(status=404),
    "HTTP 408": Play(status=408),
    "HTTP 409": Play(status=409),
    "HTTP 429, `Retry-After: 7`": Play(status=429, retry_after="7"),
    "HTTP 500": Play(status=500),
    "HTTP 503": Play(status=503),
    "HTTP 529": Play(status=529),
    "connection refused": GONE,
    "reset before headers": Play(hangs_up=True),
    "silence before headers": Play(mute=True),
    "silence behind headers": Play(silent=0),
    "silence mid-stream": Play(silent=3),
    "reset mid-stream": Play(cut=3, how="rst"),
    "closed mid-stream": Play(cut=3, how="fin"),
    "clean end, no end marker": Play(cut=3, how="clean"),
    "garbage mid-stream": Play(tokens=1000, gap=0.02, garbage=3),
    "error event mid-stream": Play(error_event=3, hold_open=True),
    "HTTP 200, no event stream": Play(body=b"<html>busy</html>", content_type="text/html"),
    "prompt filtered": {
        **dict.fromkeys(("openai", "azure", "compatible"), Play(status=400, error=CHAT_FILTER)),
        "gemini": Play(garbage=0, rubbish=BLOCKED_PROMPT, tokens=1000, gap=0.02),
        "anthropic": Play(tokens=0, finish="content_filter"),
    },
    "answer cut by a filter": {
        name: Play(tokens=3, finish="content_filter") for name in MODELS if name != "mistral"
    },
    "refusal in words": {
        name: Play(tokens=3, refuses=True) for name in ("openai", "azure", "compatible")
    },
}
"""By vendor where the wires differ; a vendor that is missing has no word for it."""

RETRIED: dict[str, list[Play]] = {
    **{name: [play] * 3 for name, play in FAILURES.items() if isinstance(play, Play)},
    "HTTP 429": [Play(status=429)] * 3,
    "HTTP 429, `Retry-After: 2`": [Play(status=429, retry_after="2")] * 3,
    "HTTP 500 twice, then an answer": [Play(status=500)] * 2 + [Play()],
}


@dataclass
class Case:
    """One failure of one provider. ``seen`` is what providers must share to share a row."""

    failure: str
    provider: str
    turn_id: str
    seen: tuple[str, ...]
    closed_ms: float | None
    took_s: float = 0.0
    message: str = ""
    text: str = ""
    stored: str = ""


@dataclass
class Report:
    cases: list[Case] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)

    def rows(self, failures: Iterable[str]) -> Iterable[list[str]]:
        for failure in failures:
            groups: dict[tuple[str, ...], list[Case]] = {}
            for case in (case for case in self.cases if case.failure == failure):
                groups.setdefault((*case.seen, case.stored), []).append(case)
            all_of_them = len(groups) == 1
            for seen, cases in groups.items():
                names = ", ".join(case.provider for case in cases)
                of = "" if all_of_them and len(cases) == len(MODELS) else f" ({names})"
                closed = [case.closed_ms for case in cases if case.closed_ms is not None]
                yield [f"{failure}{of}", *seen, _milliseconds(closed)]


def _milliseconds(values: list[float]) -> str:
    if not values:
        return "by the provider"
    return f"{statistics.median(values):.0f} ({max(values):.0f})"


def told(kinds: list[str], outcome: dict[str, object]) -> str:
    names = [kind.removeprefix("turn.") for kind in kinds]
    error = outcome.get("error")
    if isinstance(error, dict):
        names[-1] = f"failed `{error['code']}`"
        names[-1] += ", retryable" if error["retryable"] else ", final"
        if "retryAfter" in error:
            names[-1] += f", after {error['retryAfter']} s"
    else:
        names[-1] += f" `{outcome.get('finishReason')}`"
    return ", ".join(names)


async def fail(
    scene: Scene, witness: Witness, provider: str, failure: str, plays: list[Play]
) -> Case:
    """One turn whose provider does as it is told."""
    stub, before = scene.stubs[provider], len(scene.stubs[provider].exchanges)
    began = time.monotonic()
    if GONE in plays:
        async with stub.away():
            turn, outcome = await witness.say("Tell me", model=MODELS[provider])
    else:
        stub.plays(*plays)
        turn, outcome = await witness.say("Tell me", model=MODELS[provider])
    took_s = time.monotonic() - began
    exchanges = stub.exchanges[before:]
    stub.forget_plays()
    calls, charged = outcome["receipt"]["calls"], outcome["receipt"]["charged"]
    heard = sum(exchange.text.startswith(turn.text) for exchange in exchanges)
    seen = (
        told(witness.kinds[turn.turn_id], outcome),
        f"{len(calls)}" if len(exchanges) in (len(calls), 0) else f"{len(calls)}/{len(exchanges)}",
        "0" if charged == "0" else "what was used",
        f"shown{'' if heard else ' WRONG'}" if turn.text else "none",
    )
    return Case(
        failure, provider, turn.turn_id, seen, await _closed_ms(exchanges), took_s,
        message=(outcome.get("error") or {}).get("message", ""), text=turn.text,
    )  # fmt: skip


async def _closed_ms(exchanges: list[Exchange]) -> float | None:
    """From the cause to the upstream connection's end, where it is ours to end."""
    if not exchanges or exchanges[-1].finished_at is not None:
        return None
    wrong_at = exchanges[-1].wrong_at
    assert wrong_at is not None
    return (await exchanges[-1].client_left(5.0) - wrong_at) * 1000


async def look_into_the_books(scene: Scene, report: Report) -> None:
    """What is stored of each turn, and whether the books are right."""
    rows = await scene.live.rows(
        "SELECT turn_id, state, text FROM messages WHERE role = 'assistant'"
    )
    stored = {str(turn_id): (state, text) for turn_id, state, text in rows}
    for case in report.cases:
        state, text = stored.get(case.turn_id, ("no", ""))
        if text != case.text:
            report.flaws.append(f"{case.provider}, {case.failure}: stored {text!r}")
        case.stored = state
    report.flaws += [
        f"{name}: connection left open by {exchange.play}"
        for name, stub in scene.stubs.items()
        for exchange in stub.exchanges
        if exchange.finished_at is None and exchange.closed_at is None
    ]
    echo(f"reconcile: {(await scene.live.cli('reconcile')).strip()}")
    echo(f"tracebacks in the log: {scene.live.output.count('Traceback')}")
    for flaw in report.flaws:
        echo(f"FLAW: {flaw}")


async def each_failure() -> Report:
    report = Report()
    async with scene(**WAITING) as there, AsyncExitStack() as stack:
        sessions = {name: await stack.enter_async_context(there.session()) for name in MODELS}
        for failure, plays in FAILURES.items():
            by_vendor = plays if isinstance(plays, Mapping) else dict.fromkeys(MODELS, plays)
            report.cases += await asyncio.gather(
                *(
                    fail(there, sessions[name], name, failure, [play])
                    for name, play in by_vendor.items()
                )
            )
        await look_into_the_books(there, report)
    return report


async def each_retry() -> Report:
    """With the defaults of what a server tries again, and no breaker in the way."""
    report = Report()
    async with scene(**WAITING, PROVIDER_ATTEMPTS="3") as there, AsyncExitStack() as stack:
        sessions = {name: await stack.enter_async_context(there.session()) for name in MODELS}
        for failure, plays in RETRIED.items():
            report.cases += await asyncio.gather(
                *(fail(there, sessions[name], name, failure, plays) for name in MODELS)
            )
        await look_into_the_books(there, report)
    return report


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--retries", action="store_true", help="what is tried again, by default")
    parser.add_argument("--messages", action="store_true", help="the words that a client is told")
    options = parser.parse_args()
    tell_machine(*dict.fromkeys(SDKS.values()))
    report = asyncio.run(each_retry() if options.retries else each_failure())
    head = ["failure", "the client sees", "calls", "charged", "text", "stored",
            "upstream closed after, ms"]  # fmt: skip
    echo(table(head, report.rows(RETRIED if options.retries else FAILURES), figures_from=6))
    if options.retries:
        for failure in RETRIED:
            took = [case.took_s for case in report.cases if case.failure == failure]
            echo(f"{failure}: told after {min(took):.1f} to {max(took):.1f} s")
    if options.messages:
        for case in report.cases:
            echo(f"{case.failure}, {case.provider}: {case.message}")


if __name__ == "__main__":
    main()
