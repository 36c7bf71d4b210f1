"""The form of an answer: the request decides, then the preset, then the agent."""

from typing import Any

import pytest

from server.domain.errors import Invalid
from server.protocol.commands import JsonSchemaFormat, TextFormat, TurnParams
from server.turns.form import Form, check, form_of

NOTHING = TurnParams()
SCHEMA = {"type": "object"}


def wants(schema: dict[str, Any], **fields: Any) -> TurnParams:
    return TurnParams(response_format=JsonSchemaFormat(schema=schema, **fields))


def test_without_a_word_about_it_the_agent_decides() -> None:
    assert form_of(NOTHING, NOTHING) == Form()


def test_the_request_decides_then_the_preset() -> None:
    saved = TurnParams(
        response_format=JsonSchemaFormat(schema=SCHEMA, name="saved", partial=True),
        tools=["current_time"],
        reasoning=True,
    )
    form = form_of(NOTHING, saved)
    assert form.output is not None
    assert (form.output.name, form.output.schema) == ("saved", SCHEMA)
    assert (form.wants_partials, form.wants_reasoning) == (True, True)
    assert (form.tools, form.insists) == (("current_time",), False)
    asked = TurnParams(response_format=TextFormat(), tools=[], reasoning=False)
    assert form_of(asked, saved) == Form(tools=(), insists=True)
    assert form_of(wants({"$id": "x"}), saved).output is not None


def test_a_schema_or_tool_that_is_not_taken_is_refused_with_its_path() -> None:
    with pytest.raises(Invalid) as refused:
        form_of(wants({"properties": {"a": {"type": "text"}}}), NOTHING)
    assert refused.value.path == "$.params.responseFormat.schema.properties.a.type"
    with pytest.raises(Invalid) as refused:
        form_of(TurnParams(tools=["current_time", "fly"]), NOTHING)
    assert refused.value.path == "$.params.tools[1]"
    assert "search_conversations" in refused.value.message


def test_what_was_saved_long_ago_is_refused_or_done_without() -> None:
    with pytest.raises(Invalid) as refused:
        form_of(NOTHING, wants({"type": "text"}))
    assert refused.value.path == "$.presetId"
    assert form_of(NOTHING, TurnParams(tools=["gone", "current_time"])).tools == ("current_time",)


@pytest.mark.parametrize(
    ("params", "path"),
    [
        (wants({"type": 1}), "$.params.responseFormat.schema.type"),
        (TurnParams(tools=["fly"]), "$.params.tools[0]"),
    ],
)
def test_what_no_turn_could_use_is_not_saved(params: TurnParams, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(params)
    assert refused.value.path == path
    check(TurnParams(tools=["current_time"], response_format=TextFormat()))
