"""A server that stands where Mistral stands, and the provider pointed at it."""

from agents.providers.mistral import MistralProvider
from tests.support.providers.hearing import Vendor
from tests.support.providers.mistral_dialect import MistralDialect
from tests.support.providers.plays import Play
from tests.support.providers.stub import PLAIN, ProviderStub


class MistralStub(ProviderStub):
    def __init__(
        self,
        default: Play = PLAIN,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        key: str | None = None,
    ) -> None:
        super().__init__(MistralDialect(), default, host=host, port=port, key=key)


MISTRAL = Vendor(stub=MistralStub, provider=MistralProvider)
