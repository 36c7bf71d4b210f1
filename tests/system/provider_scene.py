"""One server with every provider pointed at a stub of its wire: what the scripts that measure
providers share. ``provider_failures``, ``provider_cancels``, ``provider_costs``,
``provider_starts`` and ``provider_breakers`` are run by hand; nothing here is a test.
"""

import asyncio
import platform
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from click import echo
from websockets.asyncio.client import ClientConnection

from tests.support.client import PATIENCE_S, Client, open_socket
from tests.support.eventually import eventually
from tests.support.providers.stub import ProviderStub
from tests.support.providers.vendors import VENDORS
from tests.support.server import LiveServer

MODELS = {
    "openai": "openai/gpt-4.1",
    "azure": "azure/ours",
    "anthropic": "anthropic/claude-haiku-4-5",
    "gemini": "gemini/gemini-2.5-flash",
    "mistral": "mistral/mistral-large-4",
    "compatible": "compatible/ours",
}

STUBS = {**VENDORS, "compatible": VENDORS["openai"]}

SDKS = {
    "openai": "openai",
    "azure": "openai",
    "anthropic": "anthropic",
    "gemini": "google-genai",
    "mistral": "mistralai",
    "compatible": "openai",
}

Table = Sequence[Sequence[str]]

CREDITS = "100000000"
PLENTY = "1000000"
"""No limit of ours is to be met here."""

ROOMY = {
    "RATE_BUSINESS_PER_HOUR": PLENTY,
    "RATE_WORKSPACE_PER_HOUR": PLENTY,
    "RATE_ADDRESS_PER_HOUR": PLENTY,
    "COMMANDS_PER_SECOND": "1000",
    "COMMANDS_BURST": "1000",
    "SESSIONS_PER_USER": "100",
}


def settings_of(urls: Mapping[str, str]) -> dict[str, str]:
    """The environment that configures the providers named, each at its address."""
    settings: dict[str, dict[str, str]] = {
        "openai": {"OPENAI_API_KEY": "sk-openai-0001", "OPENAI_BASE_URL": "{}"},
        "azure": {
            "AZURE_OPENAI_ENDPOINT": "{}",
            "AZURE_OPENAI_API_KEY": "azure-0001",
            "AZURE_OPENAI_MODELS": "ours=3/6",
        },
        "anthropic": {"ANTHROPIC_API_KEY": "sk-ant-0001", "ANTHROPIC_BASE_URL": "{}"},
        "gemini": {"GEMINI_API_KEY": "gemini-0001", "GOOGLE_GEMINI_BASE_URL": "{}"},
        "mistral": {"MISTRAL_API_KEY": "mistral-0001", "MISTRAL_BASE_URL": "{}"},
        "compatible": {"COMPATIBLE_BASE_URL": "{}", "COMPATIBLE_MODELS": "ours=3/6"},
    }
    return {
        variable: value.format(url)
        for name, url in urls.items()
        for variable, value in settings[name].items()
    }


class Scene:
    """The server, and where each of its providers stands."""

    def __init__(self, live: LiveServer, stubs: dict[str, ProviderStub], key: str) -> None:
        self.live = live
        self.stubs = stubs
        self.key = key
        self.web = psutil.Process(live.pid)

    @asynccontextmanager
    async def session(self) -> AsyncIterator["Witness"]:
        async with open_socket(self.live.ws_url, self.key) as socket:
            witness = Witness(socket)
            reader = asyncio.create_task(witness.read())
            try:
                await eventually(lambda: witness.ready, PATIENCE_S)
                yield witness
            finally:
                await socket.close()
                await asyncio.wait({reader})

    def cpu_s(self) -> float:
        """Processor time of the web process alone: billing and the engines have their own."""
        times = self.web.cpu_times()
        return float(times.user + times.system)

    def upstream(self) -> int:
        """Connections that the web process holds to any of the stubs."""
        ports = {int(stub.url.split(":")[2].partition("/")[0]) for stub in self.stubs.values()}
        return sum(
            found.status == psutil.CONN_ESTABLISHED
            and bool(found.raddr)
            and found.raddr.port in ports
            for found in self.web.net_connections("tcp")
        )


class Witness(Client):
    """Remembers the kinds of a turn's events, in order; equal ones that follow once. ``frames``
    are all that came."""

    def __init__(self, socket: ClientConnection) -> None:
        super().__init__(socket)
        self.kinds: dict[str, list[str]] = {}
        self.frames = 0

    def _take(self, event: dict[str, Any]) -> None:
        self.frames += 1
        if "turnId" in event:
            kinds = self.kinds.setdefault(event["turnId"], [])
            if kinds[-1:] != [event["type"]]:
                kinds.append(event["type"])
        super()._take(event)


@asynccontextmanager
async def all_stubs() -> AsyncIterator[dict[str, ProviderStub]]:
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(STUBS[name].stub()) for name in MODELS}


@asynccontextmanager
async def scene(**environment: str) -> AsyncIterator[Scene]:
    """A server with private engines in a temporary folder, and somebody with many credits."""
    async with all_stubs() as stubs:
        with tempfile.TemporaryDirectory(prefix="causerie-providers-") as folder:
            urls = {name: stub.url for name, stub in stubs.items()}
            live = LiveServer(Path(folder), **ROOMY, **settings_of(urls), **environment)
            await live.start()
            try:
                email = await live.new_user(role="admin")
                await live.cli(
                    "credits", "grant", "--email", email, "--credits", CREDITS, "--key", "x"
                )
                yield Scene(live, stubs, await live.key(email))
            finally:
                await live.stop()


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, figures_from: int = 1) -> str:
    """Markdown; columns from ``figures_from`` on are aligned to the right."""
    rule = ["---" if at < figures_from else "---:" for at in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def tell_machine(*packages: str) -> None:
    """What every table wants to be read with."""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    load = psutil.getloadavg()[0]
    echo(
        f"{psutil.cpu_count()} cores, load {load:.1f}; Python {platform.python_version()}"
        f"{', ' if versions else ''}{versions}\n"
    )
