"""What an agent is told of the matter beside its instructions: sections, fitted to a budget.

A section's name becomes its tag. Sections stand the most important last, nearest to the answer, and
where the room is short the least important go first: one order says both.
"""

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from agents.tokens import count_text

TAG_TOKENS = 12
"""What a section's two tags and their line ends take, by ``count_text``, with room to spare."""

_TAG = re.compile(r"<(?=/?\w+>)")


class Section(Struct, frozen=True, kw_only=True):
    """Lines about one thing, the most important first; ``is_dialogue``: the newest last instead.

    ``is_fact``: what it says may be repeated to a fan as true. What a fan wrote is not, nor is what
    was once learned of others. ``is_whole``: never cut, as without it there is nothing to answer.
    """

    name: str
    lines: tuple[str, ...]
    is_fact: bool = True
    is_dialogue: bool = False
    is_whole: bool = False


class Brief(Struct, frozen=True, kw_only=True):
    """``text`` is for the model; ``facts``, all that is in it and may be taken for true."""

    text: str
    facts: str


def brief(
    sections: Sequence[Section],
    *,
    budget_tokens: int,
    count: Callable[[str], int] = count_text,
) -> Brief:
    """``sections``, the most important first, in ``budget_tokens``; only those that are whole may
    take more. A line is told as it is or not at all: half a figure is a wrong one."""
    whole = [section for section in sections if section.is_whole]
    left = budget_tokens - sum(_cost(section.lines, count) for section in whole)
    kept: list[Section] = []
    for section in sections:
        lines = section.lines
        if not section.is_whole:
            lines = _fitting(section, left, count)
            left -= _cost(lines, count)
        if lines:
            kept.append(
                Section(name=section.name, lines=lines, is_fact=section.is_fact, is_whole=True)
            )
    return Brief(
        text="\n".join(_tagged(section) for section in reversed(kept)),
        facts="\n".join(line for section in kept if section.is_fact for line in section.lines),
    )


def _cost(lines: Sequence[str], count: Callable[[str], int]) -> int:
    return TAG_TOKENS + sum(count(line) + 1 for line in lines) if lines else 0


def _fitting(section: Section, room: int, count: Callable[[str], int]) -> tuple[str, ...]:
    lines = section.lines[::-1] if section.is_dialogue else section.lines
    room -= TAG_TOKENS
    taken: list[str] = []
    for line in lines:
        room -= count(line) + 1
        if room < 0:
            break
        taken.append(line)
    return tuple(taken[::-1] if section.is_dialogue else taken)


def _tagged(section: Section) -> str:
    # Whoever wrote a line cannot end its section, and begin one of their own.
    inner = "\n".join(_TAG.sub("< ", line) for line in section.lines)
    return f"<{section.name}>\n{inner}\n</{section.name}>"
