"""How a creator wants to be spoken for: what their agents are told of them, and who answers."""

import enum
from typing import Annotated, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from server.domain.texts import ONE_LINE, SAYS_SOMETHING, Line

Paragraph: TypeAlias = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=SAYS_SOMETHING)]
Topic: TypeAlias = Annotated[str, Meta(min_length=2, max_length=100, pattern=ONE_LINE)]
Topics: TypeAlias = Annotated[tuple[Topic, ...], Meta(max_length=50)]
LanguageCode: TypeAlias = Annotated[str, Meta(pattern="^[a-z]{2}$")]
ModelName: TypeAlias = Annotated[str, Meta(min_length=3, max_length=200, pattern=ONE_LINE)]
Models: TypeAlias = Annotated[dict[str, ModelName], Meta(max_length=20)]


class ModerationLevel(enum.StrEnum):
    """What looks at a text before it goes out: our own rules, or those and a model."""

    RULES = "rules"
    MODEL = "model"


class Configuration(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """``language`` (ISO 639-1) is for where the reader's is not known. ``models``: the model of
    each agent by the agent's name, where it is not the default one. ``is_fan_language``: answer in
    the language in which a fan writes. Without bounds: what was kept under others must be read."""

    name: str | None = None
    language: str | None = None
    is_fan_language: bool = True
    tone: str | None = None
    personality: str | None = None
    brand_voice: str | None = None
    forbidden_topics: tuple[str, ...] = ()
    models: dict[str, str] = {}
    moderation: ModerationLevel = ModerationLevel.MODEL


UNCONFIGURED = Configuration()


class ConfigurationChange(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """The same within its bounds, of which what is absent stays; null: not said any more."""

    name: Line | UnsetType | None = UNSET
    language: LanguageCode | UnsetType | None = UNSET
    is_fan_language: bool | UnsetType = UNSET
    tone: Line | UnsetType | None = UNSET
    personality: Paragraph | UnsetType | None = UNSET
    brand_voice: Paragraph | UnsetType | None = UNSET
    forbidden_topics: Topics | UnsetType = UNSET
    models: Models | UnsetType = UNSET
    moderation: ModerationLevel | UnsetType = UNSET
