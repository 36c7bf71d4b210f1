"""The web process without the web: its turn engine on real engines, and people to drive it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

from agents.providers.demo import FULL_SPEED
from agents.providers.load import ProviderSettings
from server.accounts.access import Principal, own_account
from server.accounts.provisioning import NewPerson
from server.domain.ids import UserId, WorkspaceId, new_id
from server.domain.money import MICROS_PER_CREDIT, MicroCredits
from server.local.engines import EngineUrls
from server.process import Process, open_process
from server.protocol.commands import StartTurnBody
from server.settings import load
from server.turns.cursor import Cursor
from server.turns.engine import Started, TurnEngine
from server.turns.onboarding import Welcome, create_user


@dataclass(frozen=True)
class Harness:
    """One process, and what tests ask of it."""

    process: Process

    @property
    def engine(self) -> TurnEngine:
        return self.process.services.engine

    async def person(self, credits: float = 1_000, plan: str = "business") -> Principal:
        """A new user with this many credits."""
        user, workspace = UserId(new_id()), WorkspaceId(new_id())
        email = f"{user}@example.com"
        person = NewPerson(
            user_id=user, workspace_id=workspace, email=email, name="A creator", plan=plan
        )
        given = MicroCredits(int(credits * MICROS_PER_CREDIT))
        async with self.process.services.database.transaction() as tx:
            await create_user(
                tx,
                self.process.services.ledger,
                person,
                Welcome(credits=given, transfer_id=new_id()),
            )
        return Principal(
            user_id=user,
            workspace_id=workspace,
            account_id=own_account(user),
            email=email,
            name="A creator",
            role="user",
            plan=plan,
            scopes=None,
            credential_kind="cookie",
            credential_id=new_id(),
        )

    async def say(self, caller: Principal, text: str, **fields: Any) -> Started:
        """Start a turn."""
        fields.setdefault("client_message_id", new_id())
        return await self.engine.start(
            caller, StartTurnBody(text=text, **fields), address="127.0.0.1", correlation_id="test"
        )

    async def answer(self, caller: Principal, text: str, **fields: Any) -> dict[str, Any]:
        """Start a turn and wait for its terminal event."""
        started = await self.say(caller, text, **fields)
        return await self.end(started.cursor)

    async def end(self, cursor: Cursor) -> dict[str, Any]:
        """The terminal event of a turn."""
        async with asyncio.timeout(20):
            return await self.engine.end_of(cursor)


@asynccontextmanager
async def turn_harness(
    urls: EngineUrls, *, providers: ProviderSettings | None = None, **settings: object
) -> AsyncIterator[Harness]:
    """Open a process; ``settings`` are environment variables in lower case."""
    environment = {name.upper(): str(value) for name, value in settings.items()}
    offered = providers or ProviderSettings(demo_pacing=FULL_SPEED)
    with TemporaryDirectory() as folder:
        configured = load(
            {
                "DATABASE_URL": urls.database_url,
                "REDIS_URL": urls.redis_url,
                "DATA_DIR": folder,
                "SECRET_KEY": "a-secret-key-of-more-than-32-characters",
                # What a test lets fail fails at once; tests of second attempts ask for them.
                "PROVIDER_ATTEMPTS": "1",
                "BREAKER_CALLS": "10000",
                # Nor is anything charged that a test has not asked for.
                "AUTO_TITLES": "false",
                "AUTO_SUMMARIES": "false",
                # Nor refused because the machine is slow.
                "OVERLOAD_LAG_SECONDS": "0",
                **environment,
            }
        )
        async with open_process(configured, providers=offered) as process:
            yield Harness(process)
