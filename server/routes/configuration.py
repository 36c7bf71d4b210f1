"""How the caller wants to be spoken for (A5): what agents are told of them, and who answers."""

from datetime import datetime

from msgspec import Struct, UnsetType, field, structs

from agents.language.names import LANGUAGES
from agents.providers.registry import Registry
from agents.team.roster import ROSTER
from server.accounts.access import Scope
from server.domain.configuration import (
    Configuration,
    ConfigurationChange,
    LanguageCode,
    Models,
    ModerationLevel,
    Paragraph,
    Topics,
)
from server.domain.errors import Invalid, ModelUnavailable
from server.domain.texts import Line
from server.persistence import configurations
from server.persistence.configurations import Configured
from server.routes.calls import Call
from server.routes.operations import Operation

TAG = "configuration"
PATH = "/api/ai/config"


class ConfigurationView(Struct, frozen=True, kw_only=True, rename="camel"):
    """Null is what nobody has said. ``language``: for where the reader's is not known;
    ``isFanLanguage``: answer fans in theirs. ``models``: by agent, where it is not the default
    one; that of ``team`` for whom of them has none. ``moderation``: what looks at a text before it
    goes out, ``rules`` of our own or those and a ``model``. ``updatedAt`` null: nothing was
    configured yet."""

    name: str | None
    language: str | None
    is_fan_language: bool
    tone: str | None
    personality: str | None
    brand_voice: str | None
    forbidden_topics: tuple[str, ...]
    models: dict[str, str]
    moderation: ModerationLevel
    updated_at: datetime | None


class ReplaceConfiguration(Configuration, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is absent is not said any more."""

    name: Line | None = None
    language: LanguageCode | None = None
    tone: Line | None = None
    personality: Paragraph | None = None
    brand_voice: Paragraph | None = None
    forbidden_topics: Topics = ()
    models: Models = field(default_factory=dict)


async def read_configuration(call: Call) -> ConfigurationView:
    async with call.services.database.snapshot() as tx:
        return view(await configurations.find(tx, call.caller.user_id))


async def replace_configuration(call: Call) -> ConfigurationView:
    user, body = call.caller.user_id, call.body(ReplaceConfiguration)
    _check(call.services.registry, body.language, body.models)
    return view(await call.services.database.run(lambda tx: configurations.replace(tx, user, body)))


async def change_configuration(call: Call) -> ConfigurationView:
    user, body = call.caller.user_id, call.body(ConfigurationChange)
    _check(call.services.registry, body.language, body.models)
    return view(await call.services.database.run(lambda tx: configurations.change(tx, user, body)))


def view(stored: Configured) -> ConfigurationView:
    fields = structs.asdict(stored.configuration)
    return ConfigurationView(**fields, updated_at=stored.updated_at)


def check_language(code: str, path: str) -> None:
    """Raises Invalid: it is none that agents are told to answer in."""
    if code not in LANGUAGES:
        raise Invalid(f"There is no such language; known: {', '.join(LANGUAGES)}.", path=path)


def _check(
    registry: Registry, language: str | UnsetType | None, models: dict[str, str] | UnsetType
) -> None:
    """
    Raises:
        Invalid: no such language or agent.
        ModelUnavailable: no such model.
    """
    if isinstance(language, str):
        check_language(language, "$.language")
    for agent, model in models.items() if isinstance(models, dict) else ():
        if agent not in ROSTER:
            raise Invalid(
                f"There is no agent {agent[:50]!r}; known: {', '.join(ROSTER)}.", path="$.models"
            )
        try:
            registry.get(model)
        except ModelUnavailable as error:
            path = f"$.models.{agent}"
            raise ModelUnavailable(error.message, path=path, metadata=error.metadata) from None


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        handler=read_configuration,
        scope=Scope.READ,
        summary="How agents speak for the caller.",
        tag=TAG,
        response=ConfigurationView,
    ),
    Operation(
        method="PUT",
        path=PATH,
        handler=replace_configuration,
        scope=Scope.WRITE,
        summary="Configure how agents speak for the caller, all of it.",
        tag=TAG,
        request=ReplaceConfiguration,
        response=ConfigurationView,
        errors=(ModelUnavailable,),
    ),
    Operation(
        method="PATCH",
        path=PATH,
        handler=change_configuration,
        scope=Scope.WRITE,
        summary="Change how agents speak for the caller; what is absent stays.",
        tag=TAG,
        request=ConfigurationChange,
        response=ConfigurationView,
        errors=(ModelUnavailable,),
    ),
)
