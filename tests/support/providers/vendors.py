"""All vendors, for the tests that hold for each of them."""

from msgspec.structs import replace

from tests.support.providers.gemini_stub import GEMINI
from tests.support.providers.hearing import ANTHROPIC, AZURE, OPENAI
from tests.support.providers.mistral_stub import MISTRAL

RAW = {"openai": OPENAI, "azure": AZURE, "anthropic": ANTHROPIC}
"""Those whose bytes are read without their SDK's objects."""

VENDORS = {
    **RAW,
    "gemini": replace(GEMINI, counts_cache_writes=False, cuts_tool_calls=False),
    "mistral": replace(
        MISTRAL,
        counts_cache_writes=False,
        counts_reasoning=False,
        cuts_tool_calls=False,
        takes_any_content_type=False,
    ),
}
