"""The accounts' services follow the settings."""

from redis.asyncio import Redis

from server.domain.clock import utc_now
from server.persistence.database import Database
from server.routes.services import build_accounts
from server.settings import load
from tests.support.bells import still_bell


async def test_tls_and_origins_come_from_the_public_address(
    database: Database, redis: Redis
) -> None:
    settings = load(
        {"PUBLIC_URL": "https://chat.example.com", "ALLOWED_ORIGINS": "https://host.example.com"}
    )
    bell = still_bell()
    accounts = build_accounts(settings, database, redis, bell, clock=utc_now)
    assert accounts.cookies.secure
    assert accounts.origins.allows("https://chat.example.com")
    assert accounts.origins.allows("https://host.example.com")
    assert not accounts.origins.allows("http://127.0.0.1:8000")
    plain = build_accounts(load({}), database, redis, bell, clock=utc_now)
    assert not plain.cookies.secure
    assert plain.origins.allows("http://127.0.0.1:8000")
