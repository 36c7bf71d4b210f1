"""All vendors, for the tests that hold for each of them."""

from tests.support.providers.gemini_stub import GEMINI
from tests.support.providers.hearing import ANTHROPIC, AZURE, OPENAI
from tests.support.providers.mistral_stub import MISTRAL

RAW = {"openai": OPENAI, "azure": AZURE, "anthropic": ANTHROPIC}
"""Those whose bytes are read without their SDK's objects."""

VENDORS = {**RAW, "gemini": GEMINI, "mistral": MISTRAL}
