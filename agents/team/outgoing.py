"""What of an answer of the team goes out to fans or the public, and what becomes of it there.

One text of it is the one that is sent: a model checks it as well. The others are proposals, of
which the creator takes one; our own rules read them, and what they would change is not proposed.
"""

from collections.abc import Callable
from typing import TypeAlias

from msgspec import structs

from agents.checks.captions import caption_of, fitted
from agents.rules.platforms import PLATFORMS
from agents.team.contexts import CaptionWish, TeamRequest
from agents.team.outputs import (
    ContentSuggestions,
    FanReply,
    PerformanceAnalysis,
    PostCaption,
    ReplySuggestions,
    SalesAdvice,
    TeamAnswer,
)

Allows: TypeAlias = Callable[[str], bool]
"""Whether our own rules let a text out as it is."""


def sent_text(answer: TeamAnswer) -> str | None:
    """The text that is sent; None: nothing is."""
    match answer:
        case FanReply():
            return answer.response
        case PostCaption():
            return answer.caption
        case SalesAdvice():
            return answer.message
        case PerformanceAnalysis() | ReplySuggestions() | ContentSuggestions():
            return None


def with_sent_text(answer: TeamAnswer, text: str, request: TeamRequest) -> TeamAnswer:
    """``answer`` with another text in its place; a caption keeps to its platform."""
    match answer, request:
        case FanReply(), _:
            return structs.replace(answer, response=text)
        case SalesAdvice(), _:
            return structs.replace(answer, message=text)
        case PostCaption(), CaptionWish(platform=platform):
            rules = PLATFORMS[platform]
            caption = fitted(caption_of(text, answer.hashtags, rules), rules)
            return structs.replace(answer, caption=caption.text, hashtags=caption.hashtags)
        case _:
            return answer


def with_proposals(answer: TeamAnswer, allows: Allows) -> TeamAnswer:
    """``answer`` with those of its proposals that ``allows`` allows."""
    match answer:
        case FanReply():
            kept = tuple(one for one in answer.upsell_suggestions if allows(one.text))
            return structs.replace(answer, upsell_suggestions=kept)
        case PostCaption():
            tags = tuple(tag for tag in answer.hashtags if allows(tag.removeprefix("#")))
            return structs.replace(answer, hashtags=tags)
        case SalesAdvice():
            texts = tuple(text for text in answer.alternative_messages if allows(text))
            return structs.replace(answer, alternative_messages=texts)
        case ReplySuggestions():
            replies = tuple(one for one in answer.suggestions if allows(one.text))
            return structs.replace(answer, suggestions=replies)
        case ContentSuggestions():
            posts = tuple(one for one in answer.suggestions if allows(one.title))
            topics = tuple(text for text in answer.recommended_topics if allows(text))
            return structs.replace(answer, suggestions=posts, recommended_topics=topics)
        case PerformanceAnalysis():
            return answer


def is_empty(answer: TeamAnswer) -> bool:
    """Whether nothing is left of proposals that were all that was asked for."""
    match answer:
        case ReplySuggestions() | ContentSuggestions():
            return not answer.suggestions
        case _:
            return False
