"""Each model is counted by its own vocabulary where there is one, and nothing is loaded in vain."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.counters import Counter, Counters, is_o200k, load_o200k, open_counters
from agents.estimates import count_claude, count_claude_before, count_gemini, count_mistral
from agents.tokens import count_text

CORPUS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "token_corpus.json").read_text("utf-8")
)


@pytest.fixture(scope="module")
def o200k() -> Counter:
    return load_o200k()


@pytest.mark.parametrize("name", CORPUS)
def test_openais_vocabulary_is_counted_to_the_token(o200k: Counter, name: str) -> None:
    assert o200k(CORPUS[name]["text"]) == CORPUS[name]["o200k"]


def test_what_looks_like_a_control_token_is_text(o200k: Counter) -> None:
    assert o200k("<|endoftext|>") == 7
    assert o200k("") == 0


def test_half_a_surrogate_pair_is_counted_all_the_same(o200k: Counter) -> None:
    assert o200k("a\ud800b") == o200k("a?b")


@given(text=st.text())
def test_any_text_has_tokens_and_no_more_than_bytes(o200k: Counter, text: str) -> None:
    assert (o200k(text) > 0) == bool(text)
    assert o200k(text) <= len(text.encode())


@pytest.mark.parametrize(
    "model",
    [
        "openai/gpt-4.1-mini",
        "openai/gpt-4o",
        "openai/gpt-6.1-terra",
        "openai/o3",
        "openai/o4-mini",
        "compatible/openai/gpt-oss-120b",
        "azure/our-deployment",
        "azure/gpt-4o-europe",
        "azure/gpt-5.5",
    ],
)
def test_models_of_that_vocabulary_are_known_by_name(model: str) -> None:
    def exact(text: str) -> int:
        return len(text)

    assert is_o200k(model)
    assert Counters(exact).counter(model) is exact


@pytest.mark.parametrize(
    ("model", "counter"),
    [
        ("anthropic/claude-opus-4-7", count_claude),
        ("anthropic/claude-haiku-5-5", count_claude),
        ("anthropic/claude-fable-5", count_claude),
        ("anthropic/claude-opus-4-6", count_claude_before),
        ("anthropic/claude-sonnet-4-20250514", count_claude_before),
        ("anthropic/claude-3-5-haiku-latest", count_claude_before),
        ("anthropic/claude-3-haiku-20240307", count_claude_before),
        ("anthropic/whatever-comes", count_claude),
        ("compatible/anthropic/claude-sonnet-4.5", count_claude_before),
        ("gemini/gemini-2.5-pro", count_gemini),
        ("compatible/google/gemma-3-27b", count_gemini),
        ("mistral/mistral-large-latest", count_mistral),
        ("openai/gpt-4", count_text),
        ("openai/gpt-3.5-turbo", count_text),
        ("openai/omni-moderation", count_text),
        ("azure/gpt-35-turbo", count_text),
        ("azure/gpt-4-turbo", count_text),
        ("openai/llama3", count_text),
        ("compatible/org/qwen-3", count_text),
        ("demo/causerie-demo", count_text),
    ],
)
def test_the_others_are_estimated_by_family(model: str, counter: Counter) -> None:
    assert Counters().counter(model) is counter


async def test_the_vocabulary_is_opened_where_a_model_counts_by_it() -> None:
    counters = await open_counters(["demo/causerie-demo", "openai/gpt-4.1"])
    text = CORPUS["russian"]["text"]
    assert (
        counters.counter("openai/gpt-4.1")(text) == CORPUS["russian"]["o200k"] != count_text(text)
    )


async def test_where_the_package_is_not_made_for_the_platform_an_estimate_stands_in(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delitem(sys.modules, "bpe_openai._bindings", raising=False)
    folders = [folder for folder in sys.path if "site-packages" not in folder]
    monkeypatch.setattr(sys, "path", folders)
    counters = await open_counters(["openai/gpt-4.1"])
    assert counters.counter("openai/gpt-4.1") is count_text
    assert [record.message for record in caplog.records] == ["counters.estimated"]


def test_a_process_without_such_a_model_loads_no_vocabulary() -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import asyncio, sys\n"
            "from agents.counters import open_counters\n"
            "for models in (['demo/causerie-demo', 'gemini/gemini-2.5-pro'], ['openai/gpt-4.1']):\n"
            "    asyncio.run(open_counters(models))\n"
            "    print(sorted(name for name in sys.modules if name.startswith('bpe_openai')))",
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout.splitlines() == ["[]", "['bpe_openai._bindings']"]
