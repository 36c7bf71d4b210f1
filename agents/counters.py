"""Who counts the tokens of which model: the vendor's own vocabulary where it can be had here, an
estimate elsewhere. A counter is quick enough for the event loop: some 40 MB/s exact, 15 estimated.
"""

import importlib.util
import logging
import re
import sys
from collections.abc import Callable, Iterable
from importlib.machinery import PathFinder
from typing import TypeAlias

from anyio import to_thread

from agents.estimates import count_claude, count_claude_before, count_gemini, count_mistral
from agents.tokens import count_text
from server.telemetry.logs import fields

log = logging.getLogger(__name__)

Counter: TypeAlias = Callable[[str], int]
"""Tokens of a text."""

_O200K = re.compile(r"(gpt-4o|gpt-4\.\d|gpt-[5-9]|gpt-oss|chatgpt-4o|o[1-9])(?![a-z0-9])")
"""How models with that vocabulary are called, wherever they are served. The ones before (GPT-4,
GPT-3.5) have another."""

_CLAUDE = re.compile(r"claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?![0-9])")
"""The generation in a model's name; a date behind it is no part of it."""

_CLAUDE_ANEW = (4, 7)
"""The first generation with the vocabulary of today."""


class Counters:
    """Counters by model id (``provider/name``)."""

    def __init__(self, o200k: Counter = count_text) -> None:
        """``o200k`` counts exactly; left out where no model asks for that."""
        self._o200k = o200k

    def counter(self, model_id: str) -> Counter:
        provider, _, name = model_id.partition("/")
        name = name.rpartition("/")[2]  # some servers put the vendor before it
        if is_o200k(model_id):
            return self._o200k
        if provider == "anthropic" or name.startswith("claude"):
            return _claude(name)
        if provider == "gemini" or name.startswith(("gemini", "gemma")):
            return count_gemini
        if provider == "mistral":
            return count_mistral
        return count_text


ESTIMATES = Counters()
"""All estimated, OpenAI's models too: for a platform that the vocabulary is not made for."""


def is_o200k(model_id: str) -> bool:
    """An Azure deployment has any name; nearly all of them are of these models."""
    provider, _, name = model_id.partition("/")
    name = name.rpartition("/")[2]
    if provider == "azure":
        return re.match(r"gpt-?(3|4(?![o.]))", name) is None
    return _O200K.match(name) is not None


def _claude(name: str) -> Counter:
    found = _CLAUDE.match(name)
    if found is None:
        return count_claude
    generation = (int(found[1]), int(found[2] or 0))
    return count_claude if generation >= _CLAUDE_ANEW else count_claude_before


async def open_counters(model_ids: Iterable[str]) -> Counters:
    """What these models need: a vocabulary is loaded in a thread, and only if one counts by it."""
    if not any(map(is_o200k, model_ids)):
        return ESTIMATES
    try:
        return Counters(await to_thread.run_sync(load_o200k))
    except ImportError as error:
        log.warning("counters.estimated", extra=fields(error=str(error)))
        return ESTIMATES


def load_o200k() -> Counter:
    """OpenAI's vocabulary: 80 ms, and 70 MB of memory.

    Raises:
        ImportError: the package is not installed whole.
    """
    name = "bpe_openai._bindings"
    module = sys.modules.get(name)
    if module is None:
        # The package itself makes Python's tables of all its vocabularies when it is imported:
        # 400 ms and as much memory again, for what is not used here.
        package = importlib.util.find_spec("bpe_openai")
        places = package.submodule_search_locations if package else None
        spec = PathFinder.find_spec(name, places) if places else None
        if spec is None or spec.loader is None:
            raise ImportError("bpe-openai is not installed")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[name] = module
    exact: Counter = module.tokenizer_for_encoding("o200k_base").count

    def count(text: str) -> int:
        try:
            return exact(text)
        except UnicodeEncodeError:  # half a surrogate pair, which no provider is sent either
            return exact(text.encode("utf-8", "replace").decode())

    return count
