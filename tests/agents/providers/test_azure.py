"""What is Azure's own: deployments in the path, its key header, its content filter."""

import httpx2
import pytest
from msgspec.structs import replace

from agents.providers.azure import API_VERSION, AzureProvider
from server.domain.errors import ContentBlocked, ModelUnavailable, ProviderError
from server.domain.turn import FinishReason
from tests.support.providers.hearing import AZURE, REQUEST, end_of, hear, text_of
from tests.support.providers.openai_dialect import AzureDialect
from tests.support.providers.plays import Play
from tests.support.providers.stub import ProviderStub

FILTERED = {
    "message": "The response was filtered due to the prompt triggering a policy.",
    "type": None,
    "code": "content_filter",
    "innererror": {"code": "ResponsibleAIPolicyViolation"},
}


async def test_the_deployment_is_in_the_path_and_the_key_in_its_header() -> None:
    async with AZURE.talking() as (stub, provider):
        await hear(provider, replace(REQUEST, model="our gpt"))
    said = stub.exchanges[0]
    deployment = "/openai/deployments/our%20gpt/chat/completions"
    assert said.path == f"{deployment}?api-version={API_VERSION}"
    assert said.headers["api-key"] == "sk-test"
    assert "sk-test" not in said.headers.get("authorization", "")
    assert said.body["max_completion_tokens"] == 99
    assert "prompt_cache_key" not in said.body


async def test_the_version_is_the_one_that_was_set() -> None:
    async with ProviderStub(AzureDialect()) as stub, httpx2.AsyncClient() as http:
        provider = AzureProvider(api_key="k", http=http, base_url=stub.url, api_version="2099-1")
        _, error = await hear(provider)
    assert error is None
    assert stub.exchanges[0].path.endswith("?api-version=2099-1")


async def test_input_that_the_filter_refuses_is_blocked() -> None:
    async with AZURE.talking(Play(status=400, error=FILTERED)) as (_, provider):
        events, error = await hear(provider)
    assert events == []
    assert type(error) is ContentBlocked
    assert error.metadata == {"provider": "azure", "status": 400}


async def test_an_answer_that_the_filter_cuts_off_says_so_at_its_end() -> None:
    async with AZURE.talking(Play(tokens=3, finish="content_filter")) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == "The meter runs"
    assert end_of(events).finish_reason is FinishReason.CONTENT_FILTER


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (401, {"code": "401", "message": "Access denied due to invalid key abc."}, ProviderError),
        (404, {"code": "DeploymentNotFound", "message": "It does not exist."}, ModelUnavailable),
    ],
)
async def test_azures_own_words_for_failures_are_known(
    status: int, error: dict[str, str], kind: type[Exception]
) -> None:
    async with AZURE.talking(Play(status=status, error=error)) as (_, provider):
        _, told = await hear(provider)
    assert type(told) is kind
    assert "abc" not in told.message
