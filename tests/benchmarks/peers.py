"""Other products beside ours, each from an environment of its own where ``make peers`` put it."""

import asyncio
import socket
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx2

from tests.benchmarks.contestants import START_S, Plain
from tests.benchmarks.processes import ROOT, Cores, line, running

LITELLM, CHAINLIT, AIOHTTP = "LiteLLM", "Chainlit", "aiohttp relay"

_HERE = Path(__file__).parent
_LITELLM, _CHAINLIT = ROOT / ".venv-litellm" / "bin", ROOT / ".venv-chainlit" / "bin"

_CONFIGURATION = """
model_list:
  - model_name: gpt-4.1
    litellm_params:
      model: openai/gpt-4.1
      api_base: {url}
      api_key: sk-benchmark
litellm_settings:
  telemetry: false
"""


class NotStarted(Exception):
    """A peer does not answer where it should; the bench goes on without it."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _answers(process: Process, url: str) -> None:
    """Raises NotStarted: there is no good answer in time."""
    async with httpx2.AsyncClient() as http:
        give_up = time.monotonic() + START_S
        while process.returncode is None and time.monotonic() < give_up:
            try:
                if (await http.get(url)).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.2)
    raise NotStarted(url)


@asynccontextmanager
async def litellm(folder: Path, provider: str, cores: Cores) -> AsyncIterator[Plain]:
    """Its proxy without a database: nothing is kept and nobody is charged."""
    configuration, port = folder / "litellm.yaml", _free_port()
    configuration.write_text(_CONFIGURATION.format(url=provider))
    program = [str(_LITELLM / "litellm"), "--config", str(configuration)]
    command = [*program, "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    settings = {
        # Prices would be fetched from the network otherwise.
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        # Nobody is authenticated, which is cheaper than the least it could do.
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
    }
    async with running(command, core=cores.measured, environment=settings, quiet=True) as process:
        await _answers(process, f"http://127.0.0.1:{port}/health/liveliness")
        yield Plain(LITELLM, "sse", "/v1/chat/completions", port, process.pid)


@asynccontextmanager
async def chainlit(folder: Path, provider: str, cores: Cores) -> AsyncIterator[Plain]:
    """Serving ``chainlit_app``."""
    port = _free_port()
    program = [str(_CHAINLIT / "chainlit"), "run", str(_HERE / "chainlit_app.py"), "--headless"]
    command = [*program, "--host", "127.0.0.1", "--port", str(port)]
    # It writes its configuration into the folder that it takes for the application's.
    own = {"PROVIDER_URL": provider, "CHAINLIT_APP_ROOT": str(folder)}
    async with running(command, core=cores.measured, environment=own, quiet=True) as process:
        await _answers(process, f"http://127.0.0.1:{port}/health")
        path = "/ws/socket.io/?EIO=4&transport=websocket"
        yield Plain(CHAINLIT, "chainlit", path, port, process.pid)


@asynccontextmanager
async def aiohttp_relay(folder: Path, provider: str, cores: Cores) -> AsyncIterator[Plain]:
    """The bare relay of ``aiohttp_relay``, run where LiteLLM brought aiohttp along."""
    command = [str(_LITELLM / "python"), str(_HERE / "aiohttp_relay.py"), provider]
    async with running(command, core=cores.measured) as process:
        port = int(await line(process, START_S))
        yield Plain(AIOHTTP, "relay", "/ws", port, process.pid)


Peer = Callable[[Path, str, Cores], AbstractAsyncContextManager[Plain]]


def installed() -> list[Peer]:
    """Those that can be started here."""
    here: list[Peer] = []
    if (_LITELLM / "litellm").exists():
        here += [aiohttp_relay, litellm]
    if (_CHAINLIT / "chainlit").exists():
        here.append(chainlit)
    return here
