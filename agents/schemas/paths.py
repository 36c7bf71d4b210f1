"""Places in JSON as people and programs read them: ``$.tags[2]["odd key"]``."""

import re
from collections.abc import Iterable

import msgspec

KEY_CHARACTERS = 64
"""Of a key that may be repeated: it is somebody else's text."""

_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,63}")


def path_of(steps: Iterable[str | int], root: str = "$") -> str:
    """Keys and indices from ``root`` down."""
    return root + "".join(map(_step, steps))


def _step(step: str | int) -> str:
    if isinstance(step, str) and _PLAIN_KEY.fullmatch(step):
        return f".{step}"
    shown = step[:KEY_CHARACTERS] if isinstance(step, str) else step
    return f"[{msgspec.json.encode(shown).decode()}]"
