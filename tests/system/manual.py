"""The examples of docs/agents.md: what is typed, and what is said to be answered."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from tests.architecture.repository import text

PAGE = text(Path("docs/agents.md"))
SECTION = PAGE.partition("\n## Endpoints\n")[2].partition("\n## ")[0]


class Example(NamedTuple):
    """``body`` None: it is a GET. ``data``: of the envelope."""

    command: str
    path: str
    body: dict[str, Any] | None
    data: dict[str, Any]

    @property
    def name(self) -> str:
        return self.path.partition("?")[0]


def prelude() -> str:
    """What is typed before all of them."""
    found = re.search(r"```sh\n(ask\(\).*?)```", SECTION, re.DOTALL)
    assert found is not None
    return found[1]


def examples() -> list[Example]:
    """In the order of the page."""
    found = re.findall(r"```sh\n(ask [^`]*)```\n+```json\n([^`]*)```", SECTION)
    return [_example(command, answer) for command, answer in found]


def streamed() -> tuple[str, list[str]]:
    """What is typed for events, and the kinds of those that are shown, in order."""
    found = re.search(r"```sh\n(ask [^`]*)```\n+```text\n([^`]*)```", SECTION)
    assert found is not None
    return found[1], re.findall(r"^event: (.*)$", found[2], re.MULTILINE)


def _example(command: str, answer: str) -> Example:
    path = command.split()[1].strip("'\"")
    body = re.search(r"--json '(.*?)'", command, re.DOTALL)
    shown = json.loads(answer)
    return Example(command, path, json.loads(body[1]) if body else None, shown.get("data", shown))


def is_like(shown: Any, given: Any) -> bool:
    """Whether ``given`` has what is shown: its fields, in lists the same kinds of things, values of
    the same types. What is shown as null may have a value."""
    match shown, given:
        case dict(), dict():
            return all(name in given and is_like(shown[name], given[name]) for name in shown)
        case [first, *_], list():
            return bool(given) and all(is_like(first, one) for one in given)
        case None, _:
            return True
        case ((int() | float()), (int() | float())):
            return isinstance(shown, bool) == isinstance(given, bool)
        case _:
            return type(shown) is type(given)
