"""Bodies and query parameters are read by the rules of commands."""

import json
from typing import Annotated

import pytest
from msgspec import Meta, Struct

from server.domain.errors import Invalid
from server.protocol.codec import decode_body, decode_query
from server.protocol.commands import StartTurnBody

TURN = "01936e4f-0000-7000-8000-000000000001"


def test_bodies_are_read_by_the_same_rules() -> None:
    body = decode_body(json.dumps({"clientMessageId": TURN, "text": "hi"}).encode(), StartTurnBody)
    assert body.text == "hi"
    for raw, path in (
        (b"", None),
        (b"{}", "$.clientMessageId"),
        (json.dumps({"clientMessageId": TURN}).encode(), "$.text"),
        (json.dumps({"clientMessageId": TURN, "text": "\0"}).encode(), "$.text"),
        (json.dumps({"clientMessageId": TURN, "text": "a", "x": 1}).encode(), "$.x"),
    ):
        with pytest.raises(Invalid) as caught:
            decode_body(raw, StartTurnBody)
        assert caught.value.path == path


class Figures(Struct, frozen=True, kw_only=True):
    by_name: dict[Annotated[str, Meta(pattern="^[a-z]+$")], int]


def test_a_wrong_name_in_an_object_is_refused_where_the_object_is() -> None:
    with pytest.raises(Invalid) as caught:
        decode_body(b'{"by_name": {"A": 1}}', Figures)
    assert caught.value.path == "$.by_name"
    assert "key" not in caught.value.message


class Page(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    q: str = ""


def test_query_parameters_are_read_from_text_and_refused_by_name() -> None:
    assert decode_query({"limit": "7", "q": "5"}, Page) == Page(limit=7, q="5")
    for given_, path in (
        ({"limit": "0"}, "$.limit"),
        ({"limit": "x"}, "$.limit"),
        ({"page": "1"}, "$.page"),
        ({"q": "\0"}, "$.q"),
        ({"q": "\ud800"}, "$.q"),
    ):
        with pytest.raises(Invalid) as caught:
            decode_query(given_, Page)
        assert caught.value.path == path
