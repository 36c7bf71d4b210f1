"""What a turn's request comes down to once preset, conversation and defaults have spoken.

Field by field: the request, else the preset, else the conversation, else the agent. Pure.
"""

import hashlib
from typing import Protocol
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType, convert, structs, to_builtins

from server.domain.content import Params
from server.domain.errors import Invalid
from server.domain.usage import FEATURES
from server.persistence.conversations import NEW_TITLE
from server.persistence.messages import Place
from server.protocol.commands import TextPart, TurnParams, TurnRequest, UserName
from server.turns.form import Form, form_of

DEFAULT_AGENT = "assistant"
TITLE_CHARACTERS = 60
"""What fits the conversation list on one line."""


class PresetSettings(Struct, frozen=True, kw_only=True):
    """The part of a preset that a turn uses."""

    agent: str | None
    model: str | None
    params: dict[str, object]
    instructions: str


class Resolved(Struct, frozen=True, kw_only=True):
    """Who answers, with what. ``model`` None: the agent's. ``insists_on_agent``: the request itself
    names it. ``insists_on_model``: it does, or the preset, and not only the conversation."""

    agent: str
    insists_on_agent: bool
    model: str | None
    insists_on_model: bool
    params: Params
    instructions: tuple[str, ...]
    feature: str
    form: Form


def input_text(request: TurnRequest) -> str | None:
    """What the user wrote for this turn, which may be nothing beside media; None when an answer is
    to be made again."""
    if isinstance(request.text, str):
        return request.text
    if isinstance(request.parts, UnsetType):
        return None
    return "\n\n".join(part.text for part in request.parts if isinstance(part, TextPart))


def input_path(request: TurnRequest) -> str:
    """Where in the request its input is: too much of it is told there."""
    if isinstance(request.text, str):
        return "$.text"
    return "$.regenerateOf" if isinstance(request.parts, UnsetType) else "$.parts"


class NamesCaller(Protocol):
    """A request that may say who asks."""

    @property
    def creator_id(self) -> UserName | UnsetType: ...

    @property
    def user_id(self) -> UserName | UnsetType: ...


def check_caller(request: NamesCaller, user: UUID, external_id: str | None) -> None:
    """``creatorId`` and ``userId`` may only repeat who is asking, by id or as their host does."""
    for name, given in (("creatorId", request.creator_id), ("userId", request.user_id)):
        text = str(given)
        if given is not UNSET and text != external_id and text.lower() != str(user):
            raise Invalid(f"{name} must name the caller, or be left out.", path=f"$.{name}")


def resolve(request: TurnRequest, preset: PresetSettings | None, place: Place | None) -> Resolved:
    asked = request.params if isinstance(request.params, TurnParams) else TurnParams()
    saved = convert(preset.params, TurnParams) if preset else TurnParams()
    feature = request.feature if isinstance(request.feature, str) else "chat"
    if feature not in FEATURES:
        raise Invalid(f"feature is one of {', '.join(FEATURES)}.", path="$.feature")
    sources = [source for source in (preset, place) if source is not None]
    instructions = [preset.instructions if preset else "", _pick(asked.instructions) or ""]
    return Resolved(
        agent=_first(request.agent, *(source.agent for source in sources)) or DEFAULT_AGENT,
        insists_on_agent=bool(_pick(request.agent)),
        model=_first(request.model, *(source.model for source in sources)),
        insists_on_model=bool(_first(request.model, preset.model if preset else None)),
        params=Params(
            temperature=_number(asked.temperature, saved.temperature),
            top_p=_number(asked.top_p, saved.top_p),
            max_output_tokens=_whole(asked.max_output_tokens, saved.max_output_tokens),
        ),
        instructions=tuple(text for text in instructions if text),
        feature=feature,
        form=form_of(asked, saved),
    )


def _pick(value: str | UnsetType) -> str | None:
    return value if isinstance(value, str) else None


def _first(*values: str | UnsetType | None) -> str | None:
    return next((value for value in values if isinstance(value, str) and value), None)


def _number(asked: float | UnsetType, saved: float | UnsetType) -> float | None:
    return next((value for value in (asked, saved) if not isinstance(value, UnsetType)), None)


def _whole(asked: int | UnsetType, saved: int | UnsetType) -> int | None:
    return next((value for value in (asked, saved) if not isinstance(value, UnsetType)), None)


def request_hash(request: TurnRequest) -> bytes:
    """Equal for requests that ask for the same: what a repeated ``clientMessageId`` must repeat."""
    content = to_builtins(request)
    for name in ("type", "id", "clientMessageId", "creatorId", "userId"):
        content.pop(name, None)
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).digest()


def title_of(text: str) -> str:
    """A first title: the first line of the first message, cut at a word."""
    line = next((part.strip() for part in text.splitlines() if part.strip()), NEW_TITLE)
    if len(line) <= TITLE_CHARACTERS:
        return line
    cut = line[:TITLE_CHARACTERS]
    return (cut.rsplit(" ", 1)[0] if " " in cut[20:] else cut).rstrip(" ,.;:") + "…"


def with_output_limit(params: Params, tokens: int) -> Params:
    return structs.replace(params, max_output_tokens=tokens)
