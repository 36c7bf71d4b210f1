"""Settings become providers; what is not configured is not even imported."""

import subprocess
import sys

import pytest
from msgspec.structs import replace

from agents.events import StreamEnd
from agents.providers.base import TextRequest
from agents.providers.demo import FULL_SPEED
from agents.providers.load import NO_KEY, ProviderSettings, offered, open_registry
from agents.providers.registry import TEXT, TOOLS, VISION
from server.domain.content import ChatMessage, Params, Role
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.vendors import VENDORS

EVERY = ProviderSettings(
    openai_api_key="o",
    azure_endpoint="https://x",
    azure_api_key="z",
    azure_models=("gpt-4.1",),
    anthropic_api_key="a",
    gemini_api_key="g",
    mistral_api_key="m",
    compatible_base_url="http://x/v1",
    compatible_models=("llama",),
)
SDKS = {
    "openai": ProviderSettings(openai_api_key="k"),
    "anthropic": ProviderSettings(anthropic_api_key="k"),
    "google.genai": ProviderSettings(gemini_api_key="k"),
    "mistralai": ProviderSettings(mistral_api_key="k"),
}


def imported_by(settings: ProviderSettings) -> set[str]:
    """What a process of these settings has imported once its registry is open."""
    program = (
        "import sys, asyncio, json, msgspec\n"
        "from agents.providers.load import ProviderSettings, open_registry\n"
        "import agents.team.assistant\n"
        "settings = msgspec.json.decode(sys.argv[1], type=ProviderSettings)\n"
        "async def main():\n"
        "    async with open_registry(settings):\n"
        "        print(*sys.modules)\n"
        "asyncio.run(main())\n"
    )
    import msgspec

    done = subprocess.run(
        [sys.executable, "-c", program, msgspec.json.encode(settings).decode()],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_without_a_key_no_sdk_is_imported() -> None:
    assert not imported_by(ProviderSettings()) & {
        *SDKS,
        *("httpx2", "genai_prices", "pydantic"),
    }


@pytest.mark.parametrize("sdk", SDKS)
def test_a_key_has_its_own_sdk_imported_and_no_other(sdk: str) -> None:
    assert imported_by(SDKS[sdk]) & SDKS.keys() == {sdk}


@pytest.mark.parametrize(
    ("settings", "configured"),
    [
        (ProviderSettings(), []),
        (ProviderSettings(openai_api_key="k"), ["openai"]),
        (ProviderSettings(openai_base_url="http://x/v1"), []),
        (ProviderSettings(openai_base_url="http://x/v1", openai_models=("a",)), ["openai"]),
        (ProviderSettings(openai_models=("a",)), []),
        (ProviderSettings(azure_api_key="k", azure_models=("a",)), []),
        (ProviderSettings(compatible_models=("a",)), []),
        (EVERY, ["openai", "azure", "anthropic", "gemini", "mistral", "compatible"]),
    ],
)
def test_what_is_configured_is_offered_in_this_order(
    settings: ProviderSettings, configured: list[str]
) -> None:
    providers = [model.provider for model in offered(settings)]
    assert list(dict.fromkeys(providers)) == [*configured, "demo"]


async def test_every_provider_is_built_by_its_name() -> None:
    async with open_registry(EVERY) as registry:
        for model in registry.models():
            assert registry.provider(model.id).name == model.provider
        assert registry.default.provider == "openai"


async def test_a_key_offers_the_vendors_models_with_those_named_behind_them() -> None:
    models = offered(ProviderSettings(openai_api_key="k", openai_models=("x",)))
    ids = [model.id for model in models]
    assert ids[-2:] == ["openai/x", "demo/causerie-demo"]
    assert len(ids) > 3


def test_abilities_that_are_named_stand_for_those_that_are_known() -> None:
    settings = replace(EVERY, abilities={"azure/gpt-4.1": ("vision",), "compatible/llama": ()})
    models = {model.id: model for model in offered(settings)}
    assert models["azure/gpt-4.1"].capabilities == (TEXT, VISION)
    assert models["compatible/llama"].capabilities == (TEXT,)
    assert TOOLS in models["openai/gpt-4.1"].capabilities


def test_fallbacks_go_to_the_model_that_they_stand_in_for() -> None:
    settings = replace(EVERY, fallbacks={"openai/gpt-4.1": ("azure/gpt-4.1", "openai/gpt-5.5")})
    models = {model.id: model for model in offered(settings)}
    assert models["openai/gpt-4.1"].fallbacks == ("azure/gpt-4.1", "openai/gpt-5.5")
    assert models["openai/gpt-5.5"].fallbacks == ()


@pytest.mark.parametrize(
    ("fallbacks", "told"),
    [
        ({"openai/gpt-4.1": ("openai/none", "demo/none")}, "no model openai/none, demo/none here"),
        ({"openai/none": ("openai/gpt-4.1",)}, "no model openai/none here"),
        (
            {"openai/gpt-4.1": ("compatible/llama",)},
            "compatible/llama lacks json, tools, vision that openai/gpt-4.1 has",
        ),
    ],
)
def test_fallbacks_that_cannot_stand_in_stop_the_start_in_one_line(
    fallbacks: dict[str, tuple[str, ...]], told: str
) -> None:
    with pytest.raises(ValueError, match=rf"^MODEL_FALLBACKS: .*{told}$"):
        offered(replace(EVERY, fallbacks=fallbacks))


def test_who_cannot_tell_of_its_reasoning_may_stand_in_for_who_can() -> None:
    offered(replace(EVERY, fallbacks={"anthropic/claude-opus-5-5": ("openai/gpt-5.5",)}))


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
            events = [event async for event in registry.provider("openai/stub").stream(ASKED)]
        assert isinstance(events[-1], StreamEnd)
        assert stub.exchanges[0].headers["authorization"] == f"Bearer {NO_KEY}"
        assert "x-client-request-id" not in stub.exchanges[0].headers


ASKED = TextRequest(
    model="stub",
    messages=(ChatMessage(role=Role.USER, text="Hi"),),
    instructions="",
    params=Params(),
    correlation_id="",
)


@pytest.mark.parametrize(
    ("vendor", "model"),
    [
        ("anthropic", "anthropic/claude-sonnet-5-5"),
        ("azure", "azure/gpt-4.1"),
        ("openai", "compatible/llama"),
        ("gemini", "gemini/gemini-2.5-pro"),
        ("mistral", "mistral/mistral-medium-3-5"),
    ],
)
async def test_each_provider_is_reached_where_the_settings_say(vendor: str, model: str) -> None:
    async with VENDORS[vendor].stub() as stub:
        settings = replace(
            EVERY,
            anthropic_base_url=stub.url,
            azure_endpoint=stub.url,
            compatible_base_url=stub.url,
            gemini_base_url=stub.url,
            mistral_base_url=stub.url,
        )
        async with open_registry(settings) as registry:
            events = [event async for event in registry.provider(model).stream(ASKED)]
    assert isinstance(events[-1], StreamEnd)
    assert len(stub.exchanges) == 1
