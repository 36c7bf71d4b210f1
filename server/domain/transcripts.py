"""A conversation as a Markdown document: what others wrote in it can neither break its shape nor do
anything to whoever opens it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_CODE = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")
_TAG = re.compile(r"<(?=[A-Za-z/!?])(?!https?://|mailto:)")
_SCHEME = re.compile(r"(\]\(\s*<?|\]:\s*<?|<)(?=(?:javascript|vbscript|data):)", re.IGNORECASE)
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&])")

_ROLES = {"user": "You", "assistant": "Assistant"}


def line(text: str) -> str:
    """Somebody's words as plain text within a line of Markdown."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def safe(text: str) -> str:
    """Markdown that stays what it looks like: tags and scripts in links do nothing, and a block of
    code that was left open is closed, so that what comes after it is not swallowed."""
    fence, lines = "", list[str]()
    for raw in text.splitlines():
        one, found = raw, _FENCE.match(raw)
        if fence:
            if found and found[1].startswith(fence) and not found[2].strip():
                fence = ""
        elif found and not ("`" in found[1] and "`" in found[2]):
            fence = found[1]
        else:
            one = _outside_code(raw)
        lines.append(one)
    if fence:
        lines.append(fence)
    return "\n".join(lines)


def _outside_code(text: str) -> str:
    pieces, end = list[str](), 0
    for code in _CODE.finditer(text):
        pieces += [_tame(text[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*pieces, _tame(text[end:])])


def _tame(text: str) -> str:
    return _TAG.sub(r"\\<", _SCHEME.sub(r"\1unsafe:", text))


def head(title: str, facts: Iterable[str]) -> str:
    return f"# {line(title)}\n\n{' · '.join(facts)}\n"


def message(
    role: str,
    text: str,
    at: datetime,
    *,
    attached: Sequence[Mapping[str, Any]] = (),
    facts: Iterable[str] = (),
) -> str:
    """One message under a heading of its own. What a user wrote is quoted: it has no structure that
    the document would take for its own. ``attached``: its parts other than text."""
    written = safe(text)
    if role == "user":
        written = "\n".join(f"> {one}".rstrip() for one in written.split("\n"))
    said = [f"\n## {_ROLES.get(role, line(role))}, {moment(at)}", written]
    said += [
        f"Attached: {line(part['name'])} ({line(part['mediaType'])}, {part['bytes']:,} bytes)"
        for part in attached
    ]
    below = " · ".join(line(fact) for fact in facts)
    if below:
        said.append(f"*{below}*")
    return "\n\n".join(one for one in said if one) + "\n"


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
