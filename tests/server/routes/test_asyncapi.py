"""AsyncAPI: nothing dangles, every command has its answer, every event its place."""

from typing import Any

import pytest
from msgspec import structs

from server.protocol import commands, events, feed
from server.protocol.codec import encode
from server.routes.asyncapi import ANSWERS, CHANNELS, asyncapi, members, tag_of


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return asyncapi(version="1.2.3")


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for value in node.values() for ref in references(value)]
    if isinstance(node, list):
        return [ref for value in node for ref in references(value)]
    return []


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = references(document)
    assert len(found) > 100
    for reference in found:
        node: Any = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
        assert node


def test_it_is_the_version_of_the_standard_that_it_says(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert set(document["channels"]) == {"session", "costs"}
    assert all(o["action"] in ("send", "receive") for o in document["operations"].values())
    assert "discriminator" not in encode(document).decode()


def test_every_command_has_its_own_answer_or_an_error(document: dict[str, Any]) -> None:
    asked = [*members(commands.ClientCommand), *members(feed.FeedCommand)]
    assert set(ANSWERS) == set(asked)
    for kind in members(commands.ClientCommand):
        operation = document["operations"][f"session{kind.__name__}"]
        assert operation["action"] == "receive"
        answers = [ref["$ref"].rsplit("/", 1)[1] for ref in operation["reply"]["messages"]]
        assert answers == [ANSWERS[kind].__name__, "ErrorEvent"]
        assert "re" in {field.name for field in structs.fields(ANSWERS[kind])}


def test_every_message_of_both_protocols_is_described(document: dict[str, Any]) -> None:
    for channel in CHANNELS:
        for union in channel[4:]:
            for kind in members(union):
                message = document["components"]["messages"][kind.__name__]
                assert message["name"] == tag_of(kind)
                schema = document["components"]["schemas"][kind.__name__]
                assert schema["properties"]["type"]["enum"] == [tag_of(kind)]


def test_only_messages_have_a_type() -> None:
    with pytest.raises(TypeError):
        tag_of(events.SessionLimits)
