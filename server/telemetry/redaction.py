"""Keeping credentials, and people's words, out of what is written down, whoever put them there."""

import re
from collections.abc import Iterable
from typing import Any

HIDDEN = "***"

SECRET_MIN = 6
"""Shorter values are not replaced: they would be found inside ordinary words."""

_PATTERNS = re.compile(
    r"""
      (?P<scheme>\b[Bb]earer[\s.]+)[A-Za-z0-9._~+/=-]{6,}   # header, or our subprotocol
    | (?P<basic>[Aa]uthorization\W{1,4}Basic\s+)[A-Za-z0-9+/=]{4,}
    | \bc[biklt]_[A-Za-z0-9_-]{6,}                          # our own, by their prefixes
    | \bsk-[A-Za-z0-9_-]{8,}                                # OpenAI's, Anthropic's
    | \bAIza[A-Za-z0-9_-]{20,}                              # Google's
    | \bwhsec_[A-Za-z0-9_+/=-]{8,}                          # what webhooks are signed with
    | \beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){2,4}       # JSON web tokens, encrypted ones too
    | (?P<cookie>(?:\bcauserie|session-token(?:\.\d+)?)=)[^;\s"']{6,}
    | (?P<query>[?&](?:(?:api|access)?_?(?:key|token)|secret|password|ticket)=)[^&\s"']+
    | (?P<user>://[^/\s:@]*:)[^/\s@]+(?=@)                  # a password inside an address
    | (?P<row>DETAIL:\s*                                    # PostgreSQL shows the row, asyncpg
        | invalid\ input\ for\ query\ argument\ \$\d+:\s*)    # the value, that it refused
      (?s:.+?)(?=(?:\n|\\n)\[SQL:|\n\n(?:The\ above|During)|\Z)
    """,
    re.VERBOSE,
)
"""What a named group matches stays: it says what was hidden."""


class Redactor:
    """Replaces the secrets of this process, and what looks like somebody's, by ``***``."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # The longest first, so that a secret inside another one leaves no rest of it behind.
        known = sorted({value for value in secrets if len(value) >= SECRET_MIN}, key=len)
        alternatives = "|".join(re.escape(value) for value in reversed(known))
        self._known = re.compile(alternatives) if known else None

    def text(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        return _PATTERNS.sub(_hide, text)

    def value(self, value: Any) -> Any:
        """The same for every string inside lists and mappings; other values pass unchanged."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value


def _hide(match: re.Match[str]) -> str:
    return (match[match.lastgroup] if match.lastgroup else "") + HIDDEN
