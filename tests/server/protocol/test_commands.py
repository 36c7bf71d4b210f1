"""How to answer, as a client may put it."""

from typing import Any

import pytest

from server.domain.errors import Invalid
from server.protocol.codec import decode_body
from server.protocol.codec import encode as written
from server.protocol.commands import JsonSchemaFormat, TextFormat, TurnParams

ANY = {"type": "json_schema", "schema": {}}


def test_a_format_is_words_or_json_of_a_schema() -> None:
    params = decode_body(written({"responseFormat": {**ANY, "partial": True}}), TurnParams)
    assert params.response_format == JsonSchemaFormat(schema={}, name="answer", partial=True)
    params = decode_body(b'{"responseFormat": {"type": "text"}, "tools": []}', TurnParams)
    assert (params.response_format, params.tools) == (TextFormat(), [])


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"tools": [""]}, "$.tools[0]"),
        ({"tools": ["a"] * 17}, "$.tools"),
        ({"tools": None}, "$.tools"),
        ({"reasoning": 1}, "$.reasoning"),
        ({"responseFormat": {"type": "json_schema"}}, "$.responseFormat.schema"),
        ({"responseFormat": {"type": "xml"}}, "$.responseFormat.type"),
        ({"responseFormat": {**ANY, "schema": []}}, "$.responseFormat.schema"),
        ({"responseFormat": {**ANY, "name": "a b"}}, "$.responseFormat.name"),
        ({"responseFormat": {**ANY, "strict": True}}, "$.responseFormat.strict"),
        ({"responseFormat": {"type": "text", "schema": {}}}, "$.responseFormat.schema"),
    ],
)
def test_what_is_wrong_is_refused_with_its_path(params: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        decode_body(written(params), TurnParams)
    assert refused.value.path == path
