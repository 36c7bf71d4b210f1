"""Ids of what a fuzzed server holds, so that requests reach something."""

import random
import re
from typing import Any, TypeAlias

from schemathesis import Case, Response

AnyCase: TypeAlias = Case[Any]

USED = 0.7
"""How often a drawn id gives way to one that is there."""

KEPT = 30
"""Of a kind: the newest, since others have been deleted meanwhile."""

_PARAMETER = re.compile(r"/\{(\w+)\}")


class Ids:
    """By the collection they belong to: what `/api/presets` answered goes into
    `/api/presets/{preset_id}` and below."""

    def __init__(self) -> None:
        self._known: dict[str, list[str]] = {}

    def learn(self, path: str, answer: Response) -> None:
        """Take the ids out of an answer to ``path``."""
        try:
            data = answer.json()["data"]
        except (ValueError, KeyError, TypeError):
            return
        collection = _PARAMETER.split(path)[0]
        items = data if isinstance(data, list) else [data]
        for item in items:
            self._take(collection, item)

    def _take(self, collection: str, data: Any) -> None:
        if not isinstance(data, dict):
            return
        if isinstance(data.get("id"), str):
            known = self._known.setdefault(collection, [])
            known.append(data["id"])
            del known[:-KEPT]
        for name, value in data.items():
            if name == "items" and isinstance(value, list):
                for item in value:
                    self._take(collection, item)
            elif isinstance(value, dict):
                # `turn` in an answer is one of `/api/turns`.
                self._take(f"/api/{name}s", value)

    def fill(self, case: AnyCase, chance: random.Random) -> None:
        """Put known ids into the path of ``case``, most of the time."""
        for match in _PARAMETER.finditer(case.path):
            known = self._known.get(case.path[: match.start()])
            if known and chance.random() < USED:
                case.path_parameters = {**case.path_parameters, match[1]: chance.choice(known)}
