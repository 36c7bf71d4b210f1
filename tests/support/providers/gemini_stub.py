"""A server that stands where Google's Gemini stands, and the provider pointed at it."""

from functools import partial

from agents.providers.gemini import GeminiProvider
from tests.support.providers.gemini_dialect import GeminiDialect
from tests.support.providers.hearing import Vendor
from tests.support.providers.stub import ProviderStub

GeminiStub = partial(ProviderStub, GeminiDialect())

GEMINI = Vendor(
    stub=GeminiStub,
    provider=GeminiProvider,
    counts_cache_writes=False,
    cuts_tool_calls=False,
)
