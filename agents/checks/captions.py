"""Whether a caption is what its platform takes, and how it is made so.

Too many hashtags are cut off without asking: models name the best first, and another call would
cost more than it improves. A caption that is too long, or has too few hashtags, is asked for once
more, because a cut loses its end, where the call to action stands, and nobody here invents tags.
"""

import re
from collections.abc import Iterable
from itertools import count

from msgspec import Struct

from agents.rules.platforms import PlatformRules

_HASHTAG = re.compile(r"#(\w+)")
_WORD = re.compile(r"\w+")
_NO_WORD = re.compile(r"\W+")
_LIGHT = re.compile(r"[\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")
"""Characters that Twitter counts once; all others count twice."""


class Caption(Struct, frozen=True, kw_only=True):
    """``hashtags`` begin with ``#``, each once, best first; the caption ends without any."""

    text: str
    hashtags: tuple[str, ...]


def caption_of(text: str, hashtags: Iterable[str], rules: PlatformRules) -> Caption:
    """As a model wrote it, in the one form, with the hashtags that are too many left out. Those
    inside the text count first, and what is too many of them stays there as a word."""
    body, named = _parted(text)
    body = _with_first(rules.hashtags_max, body)
    tags = _HASHTAG.findall(body)
    inside = {tag.casefold() for tag in tags}
    found: dict[str, str] = {}
    for tag in (*named, *hashtags):
        word = _NO_WORD.sub("", tag)
        if word and word.casefold() not in inside:
            found.setdefault(word.casefold(), f"#{word}")
    room = max(rules.hashtags_max - len(tags), 0)
    return Caption(text=body.strip(), hashtags=tuple(found.values())[:room])


def _parted(text: str) -> tuple[str, list[str]]:
    """A text and the hashtags behind it."""
    named: list[str] = []
    body = text.rstrip()
    while (at := body.rfind("#")) >= 0 and _WORD.fullmatch(body, at + 1):
        named.insert(0, body[at + 1 :])
        body = body[:at].rstrip()
    return body, named


def _with_first(most: int, text: str) -> str:
    """``text`` with that many of its hashtags: of the others the sign is left out."""
    place = count()
    return _HASHTAG.sub(lambda found: found[0] if next(place) < most else found[1], text)


def faults(caption: Caption, rules: PlatformRules) -> tuple[str, ...]:
    """What has to be asked for again, in sentences for the model."""
    told = []
    length = _posted_length(caption, rules)
    if length > rules.caption_max:
        told.append(
            f"The caption with its hashtags has {length} characters; {rules.caption_max} are"
            " allowed. Say it shorter."
        )
    tags = len(caption.hashtags) + len(_HASHTAG.findall(caption.text))
    if tags < rules.hashtags_min:
        told.append(f"There are {tags} hashtags; at least {rules.hashtags_min} are wanted.")
    return tuple(told)


def fitted(caption: Caption, rules: PlatformRules) -> Caption:
    """``caption`` cut to what the platform takes: at a word, with an ellipsis."""
    if _posted_length(caption, rules) <= rules.caption_max:
        return caption
    least = caption.hashtags[: rules.hashtags_min]
    words = re.findall(r"\S+\s*", caption.text)
    low, high = 0, len(words)
    while low < high:  # the most words that fit
        middle = (low + high + 1) // 2
        if _posted_length(_cut(words[:middle], least), rules) <= rules.caption_max:
            low = middle
        else:
            high = middle - 1
    if low == 0:  # one endless word: cut where it has to be
        room = rules.caption_max - _posted_length(Caption(text="", hashtags=least), rules) - 3
        return Caption(text=caption.text[: max(room // 2, 0)] + "…", hashtags=least)
    return _cut(words[:low], least)


def _cut(words: list[str], hashtags: tuple[str, ...]) -> Caption:
    return Caption(text="".join(words).rstrip(" \n,;:-") + "…", hashtags=hashtags)


def _posted_length(caption: Caption, rules: PlatformRules) -> int:
    text = caption.text
    if caption.hashtags:
        text = f"{text} {' '.join(caption.hashtags)}"
    return 2 * len(text) - len(_LIGHT.findall(text)) if rules.is_weighted else len(text)
