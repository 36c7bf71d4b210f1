"""Leaves fans out of a text: names that are known, and whatever reaches a person.

Rather too much than too little: a long number may be a date and goes as a telephone number does.
"""

import re
import unicodedata
from collections.abc import Iterable

PERSON, CONTACT = "[fan]", "[contact]"

_CONTACTS = re.compile(
    r"""
    \b(?:https?://|www\.)\S+                                  # addresses of pages
    | [\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+    # e-mail, as people disguise it
    | (?<![\w@])@[\w.]{2,}                                    # handles
    | \b(?:t\.me|wa\.me|discord\.gg|paypal\.me|instagram\.com|onlyfans\.com)/\S+
    | \(?\+?\d(?:[ ().\-/]{0,2}\d){6,}  # telephone, card and account numbers
    | \b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){3,7}(?:[ ]?[A-Z0-9]{1,3})?\b     # IBAN
    """,
    re.VERBOSE | re.IGNORECASE,
)

_WORD = re.compile(r"[^\W_]+")

_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff]")
"""Scripts that set no space between words (Thai, Lao, Burmese, Khmer, Chinese, Japanese): a name
is looked for as it is written. Korean has spaces, but particles stick to names."""

_HANGUL = re.compile(r"[\uac00-\ud7ff]")

_REPEATED = re.compile(rf"{re.escape(PERSON)}(?:[\s.'-]*{re.escape(PERSON)})+")

PART_MIN = 2
"""Letters of a part of a name that is looked for by itself. An initial would hide every article."""


def redact(text: str, people: Iterable[str] = ()) -> str:
    """``text`` without ``people``, in whole or in part, whatever case or accents they are written
    with, and without contacts."""
    cleaned = _CONTACTS.sub(CONTACT, unicodedata.normalize("NFKC", text))
    parts = set[str]()
    for name in people:
        name = unicodedata.normalize("NFKC", name).strip()  # noqa: PLW2901 - the same name
        if _UNSPACED.search(name) or _HANGUL.search(name):
            cleaned = cleaned.replace(name, PERSON)
        parts.update(part for part in map(_folded, _WORD.findall(name)) if len(part) >= PART_MIN)

    def replace(found: re.Match[str]) -> str:
        return PERSON if _folded(found[0]) in parts else found[0]

    return _REPEATED.sub(PERSON, _WORD.sub(replace, cleaned)) if parts else cleaned


def _folded(word: str) -> str:
    spread = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in spread if not unicodedata.combining(letter))
