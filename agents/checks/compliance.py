"""Applies the rules of what must not go out: a text is allowed, rewritten or blocked, with reasons.

Every rule is read over the whole text, so that the reasons are complete. What was cut or masked
leaves the rest as it was.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Literal, TypeAlias

from msgspec import Struct

from agents.checks.sentences import without
from agents.rules.compliance import RULES, SELF_MINOR, Reason, Remedy

Outcome: TypeAlias = Literal["allowed", "rewritten", "blocked"]

MASK = "[…]"

BEFORE_CHARACTERS = 60
"""Of what stands before a match, to see whether it means something else."""

_APOSTROPHES = str.maketrans("\u2019\u2018", "''")
"""As telephones write them."""


class Ground(Struct, frozen=True, kw_only=True):
    """One reason, and the words in the text that gave it."""

    reason: Reason
    said: str


class Verdict(Struct, frozen=True, kw_only=True):
    """``text`` is what may go out: empty where it is blocked."""

    outcome: Outcome
    text: str
    grounds: tuple[Ground, ...] = ()


def screen(text: str, forbidden: Sequence[str] = ()) -> Verdict:
    """What our own rules say of ``text``, and those of a creator who forbids topics. A text that
    nothing is left of is blocked."""
    grounds: list[Ground] = []
    cuts: list[int] = []
    masks: list[tuple[int, int]] = []
    is_blocked = False
    read = text.translate(_APOSTROPHES)
    told: set[tuple[Reason, int]] = set()
    for rule in (*_patterns(), *_topics(tuple(forbidden))):
        for found in rule.matches(read):
            said = text[found.start() : found.end()].strip()
            places = {(rule.reason, at) for at in range(*found.span())}
            if told.isdisjoint(places):  # two ways may find the same words
                grounds.append(Ground(reason=rule.reason, said=said))
                told |= places
            match rule.remedy:
                case Remedy.BLOCK:
                    is_blocked = True
                case Remedy.CUT:
                    cuts.append(found.start())
                case Remedy.MASK:
                    masks.append(found.span())
    if not grounds:
        return Verdict(outcome="allowed", text=text)
    left = "" if is_blocked else _masked(text, masks, cuts)
    says_something = any(character.isalnum() for character in left.replace(MASK, ""))
    return Verdict(
        outcome="rewritten" if says_something else "blocked",
        text=left if says_something else "",
        grounds=tuple(grounds),
    )


def says_underage(text: str) -> bool:
    """Whether somebody says in ``text`` that they are under age themselves."""
    return _underage().search(text.translate(_APOSTROPHES)) is not None


def _masked(text: str, masks: list[tuple[int, int]], cuts: list[int]) -> str:
    # Masked characters stay as many until the sentences are cut, as cuts are places in the text.
    for start, end in masks:
        text = text[:start] + "\0" * (end - start) + text[end:]
    return re.sub("\0+", MASK, without(text, cuts))


class _Compiled(Struct, frozen=True, kw_only=True):
    reason: Reason
    remedy: Remedy
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None

    def matches(self, text: str) -> Iterator[re.Match[str]]:
        for found in self.pattern.finditer(text):
            before = text[max(found.start() - BEFORE_CHARACTERS, 0) : found.start()]
            if self.unless is None or not self.unless.search(before):
                yield found


@cache
def _underage() -> re.Pattern[str]:
    return re.compile("|".join(SELF_MINOR), re.IGNORECASE)


@cache
def _patterns() -> tuple[_Compiled, ...]:
    return tuple(
        _Compiled(
            reason=rule.reason,
            remedy=rule.remedy,
            pattern=re.compile("|".join(rule.ways), re.IGNORECASE),
            unless=re.compile(rule.unless, re.IGNORECASE) if rule.unless else None,
        )
        for rule in RULES
    )


@lru_cache(maxsize=256)
def _topics(forbidden: tuple[str, ...]) -> tuple[_Compiled, ...]:
    """A topic is found as it is written, and with the endings that make it plural."""
    words = [
        r"\s+".join(map(re.escape, topic.translate(_APOSTROPHES).split()))
        for topic in forbidden
        if topic.strip()
    ]
    if not words:
        return ()
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?:e?[sn])?(?!\w)", re.IGNORECASE)
    return (_Compiled(reason=Reason.FORBIDDEN_TOPIC, remedy=Remedy.CUT, pattern=pattern),)
