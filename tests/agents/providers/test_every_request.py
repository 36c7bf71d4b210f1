"""What each vendor's request carries whatever else is asked: schemas, the key, the timeouts."""

from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agents.providers.base import TextRequest
from agents.providers.timeouts import Timeouts
from server.domain.content import ChatMessage, OutputSchema, Role, ToolSpec
from tests.support.calls import calls_counted
from tests.support.providers.hearing import REQUEST, Vendor, hear
from tests.support.providers.vendors import VENDORS

every_vendor = pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)

ENVIRONMENT = {
    "OPENAI_API_KEY": "another",
    "OPENAI_BASE_URL": "http://127.0.0.1:9",
    "AZURE_OPENAI_API_KEY": "another",
    "AZURE_OPENAI_AD_TOKEN": "another",
    "ANTHROPIC_API_KEY": "another",
    "ANTHROPIC_AUTH_TOKEN": "another",
    "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
    "GOOGLE_API_KEY": "another",
    "GOOGLE_GEMINI_BASE_URL": "http://127.0.0.1:9",
    "GOOGLE_GENAI_API_VERSION": "v9",
    "GOOGLE_GENAI_USE_VERTEXAI": "true",
    "MISTRAL_API_KEY": "another",
}
"""What the SDKs would read: keys, addresses, versions, and even another product."""


@every_vendor
async def test_the_environment_changes_nothing(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    for changes in ({}, ENVIRONMENT):
        for name, value in changes.items():
            monkeypatch.setenv(name, value)
        async with vendor.talking() as (stub, provider):
            _, error = await hear(provider)
        assert error is None
        (exchange,) = stub.exchanges
        assert stub.dialect.key(exchange.headers) == "sk-test"
        asked.append((exchange.path, exchange.body, exchange.headers.keys()))
    assert asked[0] == asked[1]


@every_vendor
async def test_timeouts_are_those_of_the_settings(vendor: Vendor) -> None:
    """The SDKs have their own, such as one of five minutes for everything."""
    seen: list[Any] = []
    given = Timeouts(connect_s=11, first_token_s=22, between_tokens_s=33)

    async def note(response: httpx2.Response) -> None:
        seen.append(response.request.extensions["timeout"])

    async with vendor.stub() as stub, httpx2.AsyncClient(verify=False) as http:
        provider = vendor.at(stub.url, http, given)
        http.event_hooks["response"].append(note)
        await hear(provider)
    assert [(timeout["connect"], timeout["read"]) for timeout in seen] == [(11, given.read_s)]


def _tool_schema(body: dict[str, Any]) -> Any:
    """Of the only tool that a request offers, in each vendor's place for it."""
    (tool,) = body["tools"]
    if "functionDeclarations" in tool:
        (declared,) = tool["functionDeclarations"]
        return declared["parameters_json_schema"]
    return tool["function"]["parameters"] if "function" in tool else tool["input_schema"]


def _output_schema(body: dict[str, Any]) -> Any:
    if "generationConfig" in body:
        return body["generationConfig"]["responseJsonSchema"]
    return body["response_format"]["json_schema"]["schema"]


@every_vendor
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    said=st.dictionaries(
        st.text(max_size=4) | st.sampled_from(["$ref", "schema", "default", "any_of"]),
        st.recursive(
            st.none() | st.integers(-9, 9) | st.text(max_size=4),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(
                    st.sampled_from(["any_of", "_url", "$ref", "a"]), inner, max_size=2
                )
            ),
        ),
        max_size=3,
    )
)
async def test_any_schema_stands_on_the_wire_as_it_was_given(
    vendor: Vendor, said: dict[str, Any]
) -> None:
    """But for an output's where the vendor takes closed ones only."""
    schema = {**said, "type": "object"}
    asked = replace(
        REQUEST,
        tools=(ToolSpec(name="look", description="Looks.", parameters=schema),),
        output=OutputSchema(name="a", schema=schema),
    )
    async with vendor.talking() as (stub, provider):
        _, error = await hear(provider, asked)
    assert error is None
    body = stub.exchanges[0].body
    assert _tool_schema(body) == schema
    if vendor.takes_any_schema:
        assert _output_schema(body) == schema


@pytest.mark.parametrize("name", ["openai", "azure", "anthropic", "gemini"])
async def test_a_long_dialogue_costs_its_bytes_and_is_not_walked(name: str) -> None:
    """Given as arguments, each message would take the SDK some 1 300 calls."""

    def said(messages: int) -> TextRequest:
        roles = [Role.USER, Role.ASSISTANT] * messages
        dialogue = [ChatMessage(role=role, text="Words.") for role in roles[: messages - 1]]
        return replace(REQUEST, messages=(*dialogue, ChatMessage(role=Role.USER, text="Hello")))

    async with VENDORS[name].talking() as (stub, provider):
        costs = []
        for messages in (101, 1, 101):  # the first one pays for what is built once
            with calls_counted() as calls:
                _, error = await hear(provider, said(messages))
            assert error is None
            body = stub.exchanges[-1].body
            assert len(body.get("messages") or body["contents"]) >= messages
            costs.append(calls.count)
    assert costs[2] - costs[1] < 100 * 40
