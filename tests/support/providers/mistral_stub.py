"""A server that stands where Mistral stands, and the provider pointed at it."""

from functools import partial

from agents.providers.mistral import MistralProvider
from tests.support.providers.hearing import Vendor
from tests.support.providers.mistral_dialect import MistralDialect
from tests.support.providers.stub import ProviderStub

MistralStub = partial(ProviderStub, MistralDialect())

MISTRAL = Vendor(
    stub=MistralStub,
    provider=MistralProvider,
    counts_cache_writes=False,
    counts_reasoning=False,
    cuts_tool_calls=False,
    takes_any_content_type=False,
)
