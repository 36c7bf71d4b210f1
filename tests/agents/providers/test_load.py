"""Settings become providers; what is not configured is not even imported."""

import subprocess
import sys

import pytest

from agents.events import StreamEnd
from agents.providers.base import TextRequest
from agents.providers.demo import FULL_SPEED
from agents.providers.load import NO_KEY, ProviderSettings, has_openai, open_registry
from server.domain.content import ChatMessage, Params, Role
from tests.support.providers.openai_stub import OpenAIStub


def test_without_a_key_no_sdk_is_imported() -> None:
    program = (
        "import sys, asyncio\n"
        "from agents.providers.load import ProviderSettings, open_registry\n"
        "import agents.team.assistant\n"
        "async def main():\n"
        "    async with open_registry(ProviderSettings()) as registry:\n"
        "        assert registry.default.demo\n"
        "asyncio.run(main())\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(loaded & {'openai', 'httpx2', 'genai_prices', 'pydantic'})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert done.stdout.strip() == "set()", done.stderr


@pytest.mark.parametrize(
    ("settings", "configured"),
    [
        (ProviderSettings(), False),
        (ProviderSettings(openai_api_key="k"), True),
        (ProviderSettings(openai_base_url="http://x/v1"), False),
        (ProviderSettings(openai_base_url="http://x/v1", openai_models=("a",)), True),
        (ProviderSettings(openai_models=("a",)), False),
    ],
)
def test_a_key_or_a_server_with_models_counts_as_configured(
    settings: ProviderSettings, configured: bool
) -> None:
    assert has_openai(settings) is configured


async def test_a_key_offers_the_vendors_models_with_those_named_behind_them() -> None:
    async with open_registry(ProviderSettings(openai_api_key="k", openai_models=("x",))) as both:
        ids = [model.id for model in both.models()]
    assert both.default.provider == "openai"
    assert ids[-2:] == ["openai/x", "demo/causerie-demo"]
    assert len(ids) > 3


async def test_a_wrong_default_is_told_in_one_line_that_names_the_variable() -> None:
    with pytest.raises(ValueError, match=r"^DEFAULT_MODEL: .*demo/causerie-demo") as told:
        async with open_registry(ProviderSettings(default_model="causerie-demo")):
            pass
    assert "\n" not in str(told.value)


async def test_a_server_of_that_wire_answers_without_a_key_and_offers_only_its_own() -> None:
    async with OpenAIStub() as stub:
        settings = ProviderSettings(
            openai_base_url=stub.url, openai_models=("stub",), demo_pacing=FULL_SPEED
        )
        async with open_registry(settings) as registry:
            assert [model.id for model in registry.models()] == [
                "openai/stub",
                "demo/causerie-demo",
            ]
            assert registry.default.id == "openai/stub"
            asked = TextRequest(
                model="stub",
                messages=(ChatMessage(role=Role.USER, text="Hi"),),
                instructions="",
                params=Params(),
                correlation_id="",
            )
            events = [event async for event in registry.provider("openai/stub").stream(asked)]
        assert isinstance(events[-1], StreamEnd)
        assert stub.exchanges[0].headers["authorization"] == f"Bearer {NO_KEY}"
        assert "x-client-request-id" not in stub.exchanges[0].headers
