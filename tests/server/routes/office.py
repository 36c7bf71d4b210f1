"""A site with somebody who administers it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
from sqlalchemy import update

from server.accounts.access import Principal
from server.local.engines import EngineUrls
from server.persistence.users import UserRow
from tests.server.routes.site import Web, data, web

USERS, AUDIT = "/api/admin/users", "/api/admin/audit"


@dataclass(frozen=True)
class Office:
    """``browser`` is that of ``admin``."""

    site: Web
    admin: Principal
    browser: httpx2.AsyncClient

    async def alter(self, user: UUID, **values: Any) -> None:
        """Make something of a user that nobody can over HTTP."""
        async with self.site.services.database.transaction() as tx:
            await tx.execute(update(UserRow).where(UserRow.id == user).values(**values))

    async def hosted(self, external_id: str, issuer: str = "https://host.example") -> Principal:
        """A host application's user."""
        person = await self.site.harness.person()
        await self.alter(person.user_id, issuer=issuer, external_id=external_id)
        return person

    async def new_admin(self) -> Principal:
        person = await self.site.harness.person()
        await self.alter(person.user_id, role="admin")
        return person

    async def noted(self, **filters: str) -> list[dict[str, Any]]:
        """The audit log, oldest first."""
        items: list[dict[str, Any]] = data(await self.browser.get(AUDIT, params=filters))["items"]
        return items[::-1]


@asynccontextmanager
async def office(urls: EngineUrls, **settings: Any) -> AsyncIterator[Office]:
    async with web(urls, **settings) as site:
        admin = await site.harness.person()
        found = Office(site, admin, await site.signed_in(admin))
        await found.alter(admin.user_id, role="admin")
        yield found
