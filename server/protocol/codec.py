"""Bytes to structs and back: the one door through which outside data enters.

What ``decode*`` returns is valid by type; what it cannot read it refuses with the path of the field
at fault. The quick way is one pass of msgspec; only what that refuses is read a second time,
slowly, to find out which field and which command it was about.
"""

import functools
import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from server.domain.errors import Invalid, TooLarge
from server.protocol.commands import (
    TEXT_MAX,
    ClientCommand,
    CommandId,
    InputPart,
    TextPart,
    TurnRequest,
)
from server.protocol.moments import check_moments
from server.protocol.refusals import member_of, refused, shorten


class Bounds(Struct, frozen=True, kw_only=True):
    """How much of anything is read; each is a setting.

    ``frame_bytes`` is the longest text, at 4 bytes a character, twice over for escapes.
    ``depth`` counts objects and arrays inside each other: no command needs more than five.
    """

    frame_bytes: int = 256 * 1024
    depth: int = 32
    text_characters: int = TEXT_MAX


DEFAULT_BOUNDS = Bounds()

T = TypeVar("T")

_encoder = msgspec.json.Encoder()
_commands: msgspec.json.Decoder[ClientCommand] = msgspec.json.Decoder(ClientCommand)

_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)


class Unreadable(Invalid):
    """A frame that is no command. ``command_id`` is its ``id``, where that could be made out."""

    command_id: str | None = None


def decode(frame: str | bytes, bounds: Bounds = DEFAULT_BOUNDS) -> ClientCommand:
    """One text frame as a command.

    Raises:
        Unreadable: malformed, unknown, or out of bounds; with ``path`` where one field is at fault.
        TooLarge: more than ``frame_bytes`` bytes of UTF-8.
    """
    return decode_frame(frame, _commands, bounds)


def decode_frame(
    frame: str | bytes, decoder: msgspec.json.Decoder[T], bounds: Bounds = DEFAULT_BOUNDS
) -> T:
    """The same for the commands of another dialect; ``decoder`` is a constant of its own."""
    raw = frame.encode("utf-8", "surrogatepass") if isinstance(frame, str) else frame
    if len(raw) > bounds.frame_bytes:
        raise TooLarge(
            f"A frame may have {bounds.frame_bytes} bytes.",
            metadata={"limit": bounds.frame_bytes, "scope": "frame"},
        )
    if not raw.strip():
        raise Unreadable("A frame holds one JSON object; this one is empty.")
    try:
        return _decode(raw, decoder, bounds)
    except Invalid as refusal:
        unreadable = Unreadable(refusal.message, path=refusal.path)
        unreadable.command_id = _command_id(raw, bounds)
        raise unreadable from None


def decode_body(raw: bytes, kind: type[T], bounds: Bounds = DEFAULT_BOUNDS) -> T:
    """A JSON body as ``kind``. Raises Invalid, with ``path`` where one field is at fault."""
    if not raw.strip():
        raise Invalid("A JSON body is required.")
    decoder: msgspec.json.Decoder[T] = _decoder(cast("Any", kind))
    return check_moments(_decode(raw, decoder, bounds))


def decode_query(parameters: Mapping[str, str], kind: type[T]) -> T:
    """Query parameters as ``kind``, its numbers and booleans read from text. Raises Invalid."""
    for name, value in parameters.items():
        if flaw := _flaw_of_text(value) or _flaw_of_text(name):
            raise Invalid(flaw, path=member_of("$", name))
    try:
        return check_moments(msgspec.convert(dict(parameters), kind, strict=False))
    except msgspec.ValidationError as error:
        raise refused(str(error), kind) from None


def encode(value: Any) -> bytes:
    """An event, or anything else that msgspec knows, as JSON."""
    return _encoder.encode(value)


class DeltaEncoder:
    """``turn.delta`` frames of one turn, the same to the byte as ``encode(TurnDelta(…))``.

    A delta is by far the most frequent event, and all of it but number and text is known when the
    turn starts.
    """

    __slots__ = ("_prefix",)

    def __init__(self, turn_id: UUID) -> None:
        self._prefix = b'{"type":"turn.delta","turnId":"%s","seq":' % str(turn_id).encode()

    def __call__(
        self, seq: int, text: str, *, from_seq: int | None = None, agent: str | None = None
    ) -> bytes:
        """``text`` must be free of lone surrogates, as everything that is stored is."""
        start = b"%d" % seq if from_seq is None else b'%d,"fromSeq":%d' % (seq, from_seq)
        end = b"}" if agent is None else b',"agent":' + _encoder.encode(agent) + b"}"
        return b"".join((self._prefix, start, b',"text":', _encoder.encode(text), end))


@functools.cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _decode(raw: bytes, decoder: msgspec.json.Decoder[T], bounds: Bounds) -> T:
    _check_depth(raw, bounds.depth)
    try:
        value = decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise refused(str(error), decoder.type) from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise _malformed(raw, error) from None
    if rb"\u0000" in raw and (refusal := _flaw(_tree(raw))):
        raise refusal
    if isinstance(value, TurnRequest):
        _check_input(value, bounds.text_characters)
    return value


def _check_depth(raw: bytes, depth_max: int) -> None:
    if raw.count(b"{") + raw.count(b"[") <= depth_max:
        return
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(raw):
        token = match[0]
        if token in b"[{":
            depth += 1
            if depth > depth_max:
                raise Invalid(f"JSON may be nested {depth_max} levels deep.")
        elif token in b"]}":
            depth -= 1


def _check_input(request: TurnRequest, characters_max: int) -> None:
    given = [
        name
        for name, value in (
            ("text", request.text),
            ("parts", request.parts),
            ("regenerateOf", request.regenerate_of),
        )
        if value is not UNSET
    ]
    if not given:
        raise Invalid("One of text, parts, regenerateOf is required.", path="$.text")
    if len(given) > 1:
        raise Invalid(
            f"Only one of text, parts, regenerateOf may be given, not {' and '.join(given)}.",
            path=f"$.{given[1]}",
        )
    characters = len(request.text) if isinstance(request.text, str) else 0
    if isinstance(request.parts, list):
        characters = sum(len(part.text) for part in request.parts if isinstance(part, TextPart))
    if characters > characters_max:
        raise Invalid(
            f"A message may have {characters_max} characters of text.", path=f"$.{given[0]}"
        )
    said = request.parts if isinstance(request.parts, list) else [request.text]
    if all(_is_blank(part) for part in said):
        raise Invalid("White space alone says nothing.", path=f"$.{given[0]}")


def _is_blank(said: str | InputPart | UnsetType) -> bool:
    text = said.text if isinstance(said, TextPart) else said
    return isinstance(text, str) and text.isspace()


def _malformed(raw: bytes, error: Exception) -> Invalid:
    """Why ``raw`` is no JSON. msgspec calls a lone surrogate truncated, and names no field."""
    if isinstance(error, UnicodeError):
        try:
            raw.decode()
        except UnicodeDecodeError:
            return Invalid("The text is not UTF-8.")
    return _flaw(_tree(raw)) or Invalid(shorten(str(error)) + ".")


class _NotFinite:
    """Stands where JSON has no word: NaN, Infinity, a number beyond the range of a double."""


def _tree(raw: bytes) -> Any:
    """``raw`` read as generously as possible, or None. Its depth has been checked."""
    try:
        return json.loads(
            raw.decode("utf-8", "surrogatepass"),
            parse_constant=lambda _: _NotFinite(),
            parse_int=float,  # an int of many digits would raise, and its value matters to nobody
        )
    except ValueError:
        return None


def _flaw(tree: Any, path: str = "$") -> Invalid | None:
    """The first thing in ``tree`` that JSON or PostgreSQL cannot hold."""
    match tree:
        case str():
            text = _flaw_of_text(tree)
            return Invalid(text, path=path) if text else None
        case _NotFinite():
            return Invalid("NaN and Infinity are no numbers.", path=path)
        case list():
            return next((f for i, v in enumerate(tree) if (f := _flaw(v, f"{path}[{i}]"))), None)
        case dict():
            for key, value in tree.items():
                member = member_of(path, key)
                if text := _flaw_of_text(key):
                    return Invalid(text, path=member)
                if flaw := _flaw(value, member):
                    return flaw
        case _:
            pass
    return None


def _flaw_of_text(text: str) -> str | None:
    if "\0" in text:
        return "Text may not contain the character NUL."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "Text may not contain half of a surrogate pair."
    return None


def _command_id(raw: bytes, bounds: Bounds) -> str | None:
    try:
        _check_depth(raw, bounds.depth)
    except Invalid:
        return None
    tree = _tree(raw)
    try:
        return msgspec.convert(tree.get("id"), CommandId) if isinstance(tree, dict) else None
    except msgspec.ValidationError:
        return None
