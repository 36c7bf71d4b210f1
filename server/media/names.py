"""What a file is called: a client says anything, people and headers are shown a plain name."""

import unicodedata
from urllib.parse import quote

NAME_MAX = 200
"""Characters; the longest that file systems take is 255 bytes."""

SUFFIX_MAX = 12


def clean(name: str, otherwise: str) -> str:
    """The last part of a path on one line, without what steers a terminal, a page or the order of
    its letters; ``otherwise`` where nothing is left."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    plain = "".join(
        character if character != "\ufffd" and _is_plain(character) else " " for character in last
    )
    name = " ".join(plain.split()).strip(". ")
    if len(name) > NAME_MAX:
        stem, dot, suffix = name.rpartition(".")
        kept = f".{suffix}" if dot and len(suffix) <= SUFFIX_MAX else ""
        name = (stem if kept else name)[: NAME_MAX - len(kept)].rstrip() + kept
    return name or otherwise


def _is_plain(character: str) -> bool:
    return unicodedata.category(character)[0] != "C"


def disposition(kind: str, name: str) -> str:
    """``Content-Disposition`` (RFC 6266): letters beyond ASCII in the second form only."""
    plain = "".join(
        character if character.isascii() and character not in '"\\%' else "_" for character in name
    )
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
