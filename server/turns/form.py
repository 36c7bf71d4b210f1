"""The form that an answer is to have: words or JSON, with which tools, with its reasoning or not.

Field by field the request decides, else the preset, else the agent. Pure.
"""

from msgspec import Struct, UnsetType

from agents.schemas.admission import prepare
from agents.tools.catalogue import TOOLS, first_unknown
from server.domain.content import OutputSchema
from server.domain.errors import Invalid
from server.protocol.commands import JsonSchemaFormat, TurnParams


class Form(Struct, frozen=True, kw_only=True):
    """``tools`` None: the agent's own. ``insists``: the request itself names them."""

    output: OutputSchema | None = None
    wants_partials: bool = False
    tools: tuple[str, ...] | None = None
    insists: bool = False
    wants_reasoning: bool = False


def form_of(asked: TurnParams, saved: TurnParams) -> Form:
    """What ``asked`` of a request and ``saved`` of its preset come down to.

    Raises:
        Invalid: a schema or a tool that is not taken; ``path`` is the field's in the request.
    """
    told = asked.response_format
    path = "$.params"
    if isinstance(told, UnsetType):
        told, path = saved.response_format, "$.presetId"
    output = _output(told, path) if isinstance(told, JsonSchemaFormat) else None
    names = asked.tools if not isinstance(asked.tools, UnsetType) else saved.tools
    _check_tools(asked, "$.params")
    wanted = [flag for flag in (asked.reasoning, saved.reasoning) if isinstance(flag, bool)]
    return Form(
        output=output,
        wants_partials=isinstance(told, JsonSchemaFormat) and told.partial,
        # A tool that a preset named and that is no more is done without.
        tools=None if isinstance(names, UnsetType) else tuple(n for n in names if n in TOOLS),
        insists=isinstance(asked.tools, list),
        wants_reasoning=bool(wanted) and wanted[0],
    )


def check(params: TurnParams, path: str = "$.params") -> None:
    """Refuse what no turn could use, before it is saved. Raises Invalid."""
    if isinstance(params.response_format, JsonSchemaFormat):
        _output(params.response_format, path)
    _check_tools(params, path)


def _output(told: JsonSchemaFormat, path: str) -> OutputSchema:
    try:
        schema = prepare(told.schema, f"{path}.responseFormat.schema")
    except Invalid as error:
        if path == "$.presetId":  # saved when other schemas were taken
            raise Invalid(f"The preset's schema: {error.message}", path=path) from None
        raise
    return OutputSchema(name=told.name, schema=schema)


def _check_tools(params: TurnParams, path: str) -> None:
    if isinstance(params.tools, UnsetType):
        return
    unknown = first_unknown(params.tools)
    if unknown is not None:
        raise Invalid(
            f"There is no such tool; known: {', '.join(TOOLS)}.", path=f"{path}.tools[{unknown}]"
        )
