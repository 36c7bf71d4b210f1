"""What the SDK does with addresses, versions, keys, timeouts and chunks, and what is left of it."""

import httpx2
import pytest
from google import genai
from google.genai import errors, types
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.providers.gemini import GARBAGE, GeminiProvider
from agents.providers.gemini_wire import (
    block_word,
    call_of,
    end_word,
    finish_reason,
    parts_of,
    usage_of,
)
from tests.support.providers.gemini_stub import GeminiStub
from tests.support.providers.hearing import hear


async def test_the_version_of_the_interface_is_a_setting() -> None:
    async with GeminiStub() as stub, httpx2.AsyncClient() as http:
        provider = GeminiProvider(api_key="k", http=http, base_url=stub.url, api_version="v1")
        await hear(provider)
    assert stub.exchanges[0].path == "/v1/models/stub:streamGenerateContent?alt=sse"


async def test_the_sdk_asks_for_another_version_where_none_is_said() -> None:
    """Why a version is always said."""
    async with GeminiStub() as stub, httpx2.AsyncClient() as http:
        options = types.HttpOptions(base_url=stub.url, httpx_async_client=http)
        client = genai.Client(vertexai=False, api_key="k", http_options=options)
        with pytest.raises(errors.ClientError):
            await client.aio.models.count_tokens(model="stub", contents="x")
    assert stub.exchanges[0].path == "/v1/models/stub:countTokens"


keys = st.sampled_from(
    ["candidates", "content", "parts", "text", "thought", "functionCall", "args", "finishReason"]
) | st.sampled_from(["usageMetadata", "promptTokenCount", "promptFeedback", "blockReason", "name"])


@pytest.mark.filterwarnings("ignore:.* is not a valid:UserWarning")
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=3),
    )
)
def test_no_chunk_that_the_sdk_lets_pass_breaks_the_mapping(said: object) -> None:
    try:
        heard = types.GenerateContentResponse.model_validate(said)
    except (ValidationError, *GARBAGE):
        return
    for part in parts_of(heard):
        call_of(part, "call-0")
    finish_reason(end_word(heard) or "")
    block_word(heard)
    if heard.usage_metadata is not None:
        usage_of(heard.usage_metadata)
