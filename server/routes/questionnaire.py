"""What a creator is asked in the beginning, and the configuration that the answers amount to.

Pure: the same answers make the same configuration, word for word.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct

from agents.rules.platforms import Platform
from server.domain.configuration import ConfigurationChange, LanguageCode, Topics
from server.domain.texts import ONE_LINE, SAYS_SOMETHING, Line

Goal: TypeAlias = Literal["reach", "conversation", "sales", "loyalty", "time"]
Tone: TypeAlias = Literal[
    "friendly", "warm", "playful", "flirty", "humorous", "confident", "mysterious", "professional"
]
Trait: TypeAlias = Annotated[str, Meta(min_length=1, max_length=60, pattern=ONE_LINE)]
OwnWords: TypeAlias = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=SAYS_SOMETHING)]


class ReplyStyle(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``offers``: how things that cost something are brought up."""

    length: Literal["short", "medium", "long"] | None = None
    emojis: Literal["none", "some", "many"] | None = None
    offers: Literal["asked", "gentle", "direct"] | None = None


class Questionnaire(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Whatever is not answered changes nothing. ``languages``: those that the creator writes, the
    first one best. ``voice``: in the creator's own words."""

    name: Line | None = None
    niche: Line | None = None
    platforms: Annotated[tuple[Platform, ...], Meta(max_length=5)] = ()
    audience: Line | None = None
    goals: Annotated[tuple[Goal, ...], Meta(max_length=5)] = ()
    tone: Annotated[tuple[Tone, ...], Meta(max_length=3)] = ()
    traits: Annotated[tuple[Trait, ...], Meta(max_length=10)] = ()
    boundaries: Topics = ()
    languages: Annotated[tuple[LanguageCode, ...], Meta(max_length=10)] = ()
    reply_style: ReplyStyle = ReplyStyle()
    voice: OwnWords | None = None


PLATFORM_NAMES: dict[Platform, str] = {
    "instagram": "Instagram",
    "tiktok": "TikTok",
    "twitter": "Twitter",
    "onlyfans": "OnlyFans",
    "facebook": "Facebook",
}
GOALS: dict[Goal, str] = {
    "reach": "win new fans",
    "conversation": "keep fans talking",
    "sales": "sell more",
    "loyalty": "keep subscribers",
    "time": "spend less time on replies",
}
LENGTHS = {
    "short": "Replies are one or two short sentences.",
    "medium": "Replies have up to four sentences.",
    "long": "Replies take their time: a paragraph or two.",
}
EMOJIS = {
    "none": "No emojis.",
    "some": "An emoji where it carries the mood.",
    "many": "Emojis in most replies.",
}
OFFERS = {
    "asked": "Offers nothing that costs something unless the fan asks.",
    "gentle": "Offers something when the fan shows interest, without pressing.",
    "direct": "Says openly what is on offer, and invites to buy it.",
}


def derive(answers: Questionnaire) -> ConfigurationChange:
    """What the answers say of the configuration; nothing of what they say nothing about.

    One language: fans are answered in it. Several: each fan in theirs, and in the first where that
    is not known. The brand voice is made of all that was answered about it, as a whole.
    """
    fields: dict[str, Any] = {}
    if answers.name:
        fields["name"] = _plain(answers.name)
    if answers.languages:
        fields["language"] = answers.languages[0]
        fields["is_fan_language"] = len(set(answers.languages)) > 1
    if answers.tone:
        fields["tone"] = _listed(answers.tone)
    if answers.traits:
        fields["personality"] = _sentence(_listed([_plain(trait) for trait in answers.traits]))
    if voice := " ".join(_voice(answers)):
        fields["brand_voice"] = voice
    if answers.boundaries:
        by_word: dict[str, str] = {}
        for topic in answers.boundaries:
            by_word.setdefault(topic.casefold(), topic)
        fields["forbidden_topics"] = tuple(by_word.values())
    return ConfigurationChange(**fields)


def _voice(answers: Questionnaire) -> Iterator[str]:
    if answers.voice:
        yield _sentence(_plain(answers.voice))
    about = f" about {_plain(answers.niche)}" if answers.niche else ""
    where = _listed([PLATFORM_NAMES[platform] for platform in answers.platforms])
    if about or where:
        yield _sentence(f"Posts{about}{' on ' if where else ''}{where}")
    if answers.audience:
        yield _sentence(f"Speaks to {_plain(answers.audience)}")
    if answers.goals:
        yield f"Wants to {_listed([GOALS[goal] for goal in answers.goals])}."
    style = answers.reply_style
    if style.length:
        yield LENGTHS[style.length]
    if style.emojis:
        yield EMOJIS[style.emojis]
    if style.offers:
        yield OFFERS[style.offers]


def _plain(text: str) -> str:
    """On one line: agents are told of a creator in a list."""
    return " ".join(text.split())


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _listed(words: Sequence[str]) -> str:
    """Each once: "a, b and c"."""
    *first, last = list(dict.fromkeys(words)) or [""]
    return f"{', '.join(first)} and {last}" if first else last
