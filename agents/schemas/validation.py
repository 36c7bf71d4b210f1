"""A model's text as JSON values, and whether they are what a schema asks for.

Both sides are hostile: the schema may come from a client, the text from whoever wrote the prompt.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from msgspec import Struct
from referencing import Registry

from agents.schemas.paths import path_of
from agents.schemas.patterns import Pattern

ANSWER_BYTES = 512 * 1024
"""Of the longest structured answer, so that the event that carries it stays below 1 MiB."""

ANSWER_DEPTH = 64
STEPS_MAX = 200_000
"""Keywords looked at for one answer: some twenty for each value of a long one, about a second."""

MESSAGE_CHARACTERS = 300
"""Of what is wrong, as a model or a client is told: it may quote the answer."""

FENCE = "```"
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_INTEGER_DIGITS = 19


class Flaw(Struct, frozen=True):
    """What is wrong with an answer, and where: ``path`` begins with ``$``, which is all of it."""

    path: str
    message: str


class _TooMuch(Exception):
    """An answer would take too long to check."""


class Validator:
    """Checks values against one schema that ``agents.schema`` has taken."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._steps = 0
        self._patterns: dict[str, Pattern] = {}
        keywords = {
            **Draft202012Validator.VALIDATORS,
            "pattern": self._pattern,
            "uniqueItems": _unique_items,
        }
        counted = {name: self._counted(check) for name, check in keywords.items()}
        # An empty registry: nothing outside the schema is looked for, least of all on the network.
        self._check = extend(Draft202012Validator, counted)(schema, registry=Registry())

    def flaw(self, value: Any) -> Flaw | None:
        """The first thing that is wrong with ``value``; None: it is what the schema asks for."""
        self._steps = 0
        try:
            error = next(self._check.iter_errors(value), None)
        except (_TooMuch, RecursionError):
            return Flaw("$", "The answer is too large or too deep to be checked.")
        except ArithmeticError:
            return Flaw("$", "A number in the answer is out of range.")
        return None if error is None else _flaw(error)

    def _counted(self, check: Callable[..., Any]) -> Callable[..., Iterator[ValidationError]]:
        def counted(*arguments: Any) -> Iterator[ValidationError]:
            self._steps += 1
            if self._steps > STEPS_MAX:
                raise _TooMuch
            yield from check(*arguments) or ()

        return counted

    def _pattern(self, _: Any, source: str, value: Any, __: Any) -> Iterator[ValidationError]:
        if not isinstance(value, str):
            return
        if source not in self._patterns:
            self._patterns[source] = Pattern(source)
        if not self._patterns[source].matches(value):
            yield ValidationError(f"{_quoted(value)} does not match {source!r}")


def parse(text: str) -> Any:
    """The JSON value that ``text`` is, alone or in one Markdown fence.

    What neither JSON nor PostgreSQL can hold (NUL, half a surrogate pair) is replaced in strings.

    Raises:
        ValueError: it is no JSON, or has numbers or a depth that are none of ours.
    """
    inner = unfenced(text)
    if len(inner.encode(errors="replace")) > ANSWER_BYTES:
        raise ValueError(f"The answer has more than {ANSWER_BYTES} bytes.")
    _check_depth(inner)
    try:
        value = json.loads(
            inner, parse_constant=_refuse_constant, parse_int=_integer, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        raise ValueError(
            f"This is no JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    return cleaned(value) if "\\u" in inner or _UNSTORABLE.search(inner) else value


def unfenced(text: str) -> str:
    """``text`` without the Markdown fence that models like to put around JSON, whole or begun."""
    bare = text.strip()
    if not bare.startswith(FENCE):
        return bare
    return bare.partition("\n")[2].removesuffix(FENCE).rstrip()


def compact(value: Any) -> str:
    """``value`` as JSON without white space: the text of a structured answer."""
    return msgspec.json.encode(value).decode()


def cleaned(value: Any) -> Any:
    """``value`` without what cannot be stored."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    if isinstance(value, dict):
        return {cleaned(key): cleaned(item) for key, item in value.items()}
    return value


def _check_depth(text: str) -> None:
    if text.count("{") + text.count("[") <= ANSWER_DEPTH:
        return
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        found = match[0]
        if found in "[{":
            depth += 1
            if depth > ANSWER_DEPTH:
                raise ValueError(f"The answer is nested more than {ANSWER_DEPTH} levels deep.")
        elif found in "]}":
            depth -= 1


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"This is no JSON: {name} is no number.")


def _integer(digits: str) -> int:
    """Of 64 bits: what every reader of the answer can take."""
    if len(digits) <= _INTEGER_DIGITS + 1 and -(2**63) <= (number := int(digits)) < 2**63:
        return number
    raise ValueError(f"The number {digits[:40]} is out of range.")


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ValueError(f"The number {text[:40]} is out of range.")
    return number


def _unique_items(_: Any, wanted: bool, value: Any, __: Any) -> Iterator[ValidationError]:
    """By the text of each item: the library compares every two of them where they are objects."""
    if wanted and isinstance(value, list):
        texts = {msgspec.json.encode(_canonical(item), order="sorted") for item in value}
        if len(texts) < len(value):
            yield ValidationError("The items are not all different")


def _canonical(value: Any) -> Any:
    """1.0 and 1 are the same number, and their texts are to be the same."""
    if isinstance(value, float) and value.is_integer():
        return int(value) if abs(value) < 2**53 else value
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    return value


def _flaw(error: ValidationError) -> Flaw:
    return Flaw(_shorten(path_of(error.absolute_path)), _shorten(error.message))


def _quoted(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:60] + "…")


def _shorten(text: str) -> str:
    return text if len(text) <= MESSAGE_CHARACTERS else text[: MESSAGE_CHARACTERS - 1] + "…"
