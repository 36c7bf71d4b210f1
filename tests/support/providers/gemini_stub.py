"""A server that stands where Google's Gemini stands, and the provider pointed at it."""

from agents.providers.gemini import GeminiProvider
from tests.support.providers.gemini_dialect import GeminiDialect
from tests.support.providers.hearing import Vendor
from tests.support.providers.plays import Play
from tests.support.providers.stub import PLAIN, ProviderStub


class GeminiStub(ProviderStub):
    def __init__(
        self,
        default: Play = PLAIN,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        key: str | None = None,
    ) -> None:
        super().__init__(GeminiDialect(), default, host=host, port=port, key=key)


GEMINI = Vendor(stub=GeminiStub, provider=GeminiProvider)
