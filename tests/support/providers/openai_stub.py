"""A server that stands where OpenAI stands.

``python -m tests.support.providers.openai_stub --port 9009`` serves it for trying things by hand;
the prompt then says what happens: ``Tell me more [stub: tokens=500 gap=0.03 cut=100]``.
"""

import argparse
import asyncio
import logging
from contextlib import suppress

from tests.support.providers.openai_dialect import OpenAIDialect
from tests.support.providers.plays import Play
from tests.support.providers.stub import PLAIN, ProviderStub


class OpenAIStub(ProviderStub):
    def __init__(
        self,
        default: Play = PLAIN,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        key: str | None = None,
    ) -> None:
        super().__init__(OpenAIDialect(), default, host=host, port=port, key=key)


async def _serve(host: str, port: int) -> None:
    default = Play(tokens=200, first=0.3, gap=0.02)
    async with OpenAIStub(default, host=host, port=port) as stub:
        logging.info("OPENAI_BASE_URL=%s OPENAI_MODELS=stub=1/4", stub.url)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9009)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(options.host, options.port))


if __name__ == "__main__":
    main()
