"""Who said what: the words that prompts, messages and answers are made of."""

import enum

from msgspec import Struct


class Role(enum.StrEnum):
    USER = "user"
    ASSISTANT = "assistant"


class ChatMessage(Struct, frozen=True, kw_only=True, gc=False):
    """One message of a dialogue as an agent or a provider sees it: no ids, no storage."""

    role: Role
    text: str


class Params(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What a caller may set about an answer. ``None`` leaves it to preset, agent or provider."""

    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    instructions: str | None = None
