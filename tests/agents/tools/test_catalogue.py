"""Every tool can be told to a model: a name that providers take, a schema that we would take."""

import re
from collections.abc import Sequence

import pytest

from agents.schemas.admission import prepare
from agents.schemas.typed import parameters_of
from agents.tools.catalogue import TOOLS, Doors, first_unknown
from agents.tools.search import Hit


async def nothing(query: str, limit: int) -> Sequence[Hit]:
    return []


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_can_be_told_to_a_model(name: str) -> None:
    tool = TOOLS[name](Doors(search=nothing))
    assert tool.name == name
    assert re.fullmatch(r"[a-z_]{1,64}", name)
    assert 40 < len(tool.description) < 1_000
    schema = prepare(parameters_of(tool.parameters))
    assert (schema["type"], schema["additionalProperties"]) == ("object", False)


def test_the_first_unknown_name_is_found() -> None:
    assert first_unknown(["current_time", "fly", "swim"]) == 1
    assert first_unknown(list(TOOLS)) is None
