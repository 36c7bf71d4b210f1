"""Which agents a request is for: by its type, and in free text by the words in it.

A rule that can be read and tested costs nothing and takes no time; a model that chooses would be a
paid call in front of every answer. What no rule knows is the assistant's.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

from msgspec import Struct

from agents.reasons import Reason, sentence
from agents.rules.routing import FOLLOW_UPS, OCCASIONS, TOPICS, TROUBLE, WORDS
from agents.team.contexts import (
    CaptionWish,
    ContentIdeas,
    FanMessage,
    Performance,
    ReplyIdeas,
    SalesWish,
    TeamRequest,
)

CHOSEN_MAX = 3
"""Agents of one answer: a fourth opinion is read by nobody, and paid."""

SHARE_MIN = 0.5
"""Of the best one's words that another agent needs to speak as well."""

TOPIC_SHARE = 1 / 3
"""What a topic weighs that others deal with as well, of a word that is an agent's own: too little
for speaking beside somebody whose own word is in the text."""

FOLLOW_UP_WORDS = 12
"""What is longer is a question of its own."""

BARE_WORDS = 2
"""So few ("thanks!", "why not?") mean what went before."""

READ_CHARACTERS = 2_000
"""Of a text's beginning, and of its end: what is wanted stands there, what is pasted in between."""

WORDS_TOLD = 3
"""Of those that decided."""

CHAT = "chat"
"""The ``Routing.request`` of free text."""


class Chosen(Struct, frozen=True, kw_only=True):
    """One agent, by name. ``words``: those of the text that decided, if any did; ``score`` 0-1: how
    much speaks for it."""

    agent: str
    reason: Reason
    words: tuple[str, ...] = ()
    score: float

    @property
    def why(self) -> str:
        """For people who read English."""
        return sentence(self.reason, self.words)


class Routing(Struct, frozen=True, kw_only=True):
    """Who works on a request: the best first, who leads. ``request`` names its kind."""

    request: str
    chosen: tuple[Chosen, ...]


KINDS: dict[type[TeamRequest], str] = {
    FanMessage: "fan_message",
    CaptionWish: "caption",
    Performance: "analysis",
    SalesWish: "sales",
    ReplyIdeas: "reply_ideas",
    ContentIdeas: "content_ideas",
}

Words: TypeAlias = tuple[str, ...]

_WORD = re.compile(r"\w+(?:['\u2019-]\w+)*")

_CHECKED = Chosen(agent="compliance", reason="checks", score=0.5)


def route(request: TeamRequest | str) -> Routing:
    """Who is to work on ``request``; of free text, who is to answer it."""
    if isinstance(request, str):
        return Routing(request=CHAT, chosen=_by_words(request))
    return Routing(request=KINDS[type(request)], chosen=_by_type(request))


def subject_of(said: Sequence[str]) -> str:
    """What the last of ``said`` is about, one person's words in their order: the newest that says
    so itself. "Shorter, please" is about what was asked before it."""
    for text in reversed(said):
        if not _is_follow_up(text):
            return text
    return said[-1] if said else ""


def _is_follow_up(text: str) -> bool:
    read = _read(text)
    words = len(_WORD.findall(read))
    if words > FOLLOW_UP_WORDS or any(_heard(read).values()):
        return False
    return words <= BARE_WORDS or bool(_found(FOLLOW_UPS, read))


def _by_type(request: TeamRequest) -> tuple[Chosen, ...]:
    match request:
        case FanMessage():
            reply = Chosen(agent="messaging", reason="fan_wrote", score=1.0)
            return (reply, *_offer(request), _CHECKED)
        case CaptionWish():
            caption = Chosen(agent="content", reason="post", score=1.0)
            is_measured = bool(request.known.figures) and not request.performance
            figures = Chosen(agent="analytics", reason="unexplained_figures", score=0.6)
            return (caption, figures, _CHECKED) if is_measured else (caption, _CHECKED)
        case Performance():
            return (Chosen(agent="analytics", reason="figures", score=1.0),)
        case SalesWish():
            return (Chosen(agent="sales", reason="sales_message", score=1.0), _CHECKED)
        case ReplyIdeas():
            return (Chosen(agent="messaging", reason="replies", score=1.0),)
        case ContentIdeas():
            return (Chosen(agent="content", reason="ideas", score=1.0),)


def _offer(request: FanMessage) -> tuple[Chosen, ...]:
    """Whoever offers something now, if that is the moment."""
    text = _read(request.message)
    if _found(TROUBLE, text):
        return ()
    asked = _found(OCCASIONS, text)
    if asked:
        return (Chosen(agent="sales", reason="fan_says", words=asked[:1], score=0.8),)
    if request.engagement == "high":
        return (Chosen(agent="sales", reason="fan_engaged", score=0.8),)
    return ()


def _by_words(text: str) -> tuple[Chosen, ...]:
    read = _read(text)
    found = _heard(read)
    weights = {agent: float(len(words)) for agent, words in found.items()}
    for agent, words in TOPICS.items():
        topics = _found(words, read)
        found[agent] += topics
        weights[agent] += len(topics) * TOPIC_SHARE
    best, total = max(weights.values()), sum(weights.values())
    if not best:
        return (Chosen(agent="assistant", reason="no_other", score=1.0),)
    chosen = [
        Chosen(
            agent=agent,
            reason="text_says",
            words=found[agent][:WORDS_TOLD],
            score=weight / total,
        )
        for agent, weight in weights.items()
        if weight >= best * SHARE_MIN
    ]
    chosen.sort(key=lambda one: -one.score)  # stable: who is named first in WORDS, before others
    return tuple(chosen[:CHOSEN_MAX])


def _heard(text: str) -> dict[str, Words]:
    """Each agent's own words in ``text``."""
    return {agent: _found(words, text) for agent, words in WORDS.items()}


def _read(text: str) -> str:
    text = text.replace("\u2019", "'")  # as telephones write it
    if len(text) <= 2 * READ_CHARACTERS:
        return text
    return f"{text[:READ_CHARACTERS]}\n{text[-READ_CHARACTERS:]}"


def _found(words: Words, text: str) -> tuple[str, ...]:
    """What of ``words`` stands in ``text``, each once, as it is written there."""
    said = dict.fromkeys(found.lower() for found in _pattern(words).findall(text))
    return tuple(said)


@cache
def _pattern(words: Words) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)
