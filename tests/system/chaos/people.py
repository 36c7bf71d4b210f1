"""Users of a rig, made past the product's interfaces so that no fault hinders it."""

import random
from uuid import uuid4

from msgspec import structs
from sqlalchemy.exc import SQLAlchemyError

from billing.plans import PlanName
from server.accounts.keys import Keys
from server.cli import people
from server.domain.clock import utc_now
from server.domain.errors import AppError
from server.domain.ids import UserId, new_id
from server.domain.money import MICROS_PER_CREDIT, MicroCredits
from server.persistence.database import open_database
from server.settings import load
from tests.system.chaos.actor import Actor
from tests.system.chaos.book import Book
from tests.system.chaos.cluster import PROVIDER_KEY, SECRET_KEY, Cluster, environment

RICH = 10_000_000
"""Credits that nobody spends here."""


async def new_key(
    cluster: Cluster, book: Book, *, credits: float = RICH, plan: PlanName = PlanName.BUSINESS
) -> str:
    """An API key of somebody new, who has this many credits. Asks again while the database is
    away."""
    while True:
        await cluster.engines.postgres_answers()
        try:
            secret = await _make(cluster, credits, plan)
        except (AppError, SQLAlchemyError, OSError):
            continue
        book.secrets |= {secret, PROVIDER_KEY, SECRET_KEY}
        return secret


async def _make(cluster: Cluster, credits: float, plan: PlanName) -> str:
    settings = load(environment(cluster.folder, cluster.engines.urls))
    given = MicroCredits(int(credits * MICROS_PER_CREDIT))
    settings = structs.replace(settings, signup_credits=given)
    async with open_database(cluster.engines.urls.database_url, pool_size=1) as database:
        person = people.Person(email=f"{new_id()}@example.com", plan=plan)
        user: UserId = await people.create(database, settings, person)
        async with database.transaction() as tx:
            made = await Keys(clock=utc_now).create(
                tx, user, name="chaos", scopes=None, expires_at=None
            )
    return made.secret


def actor(cluster: Cluster, book: Book, name: str, key: str, rng: random.Random) -> Actor:
    canary = f"canary-{uuid4().hex[:12]}"
    book.canaries.add(canary)
    return Actor(name, key, cluster.webs, book, random.Random(rng.random()), canary)
