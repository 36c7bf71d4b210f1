"""The accounts' services follow the settings."""

from uuid import uuid4

import pytest
from redis.asyncio import Redis

from server.accounts.sealing import Sealer
from server.domain.clock import utc_now
from server.environment import SettingsError
from server.persistence.database import Database
from server.routes.services import build_accounts
from server.settings import load
from tests.support.bells import still_bell

KEY, EARLIER = "k" * 32, "e" * 32


async def test_tls_and_origins_come_from_the_public_address(
    database: Database, redis: Redis
) -> None:
    settings = load(
        {
            "PUBLIC_URL": "https://chat.example.com",
            "ALLOWED_ORIGINS": "https://host.example.com",
            "SECRET_KEY": KEY,
        }
    )
    bell = still_bell()
    accounts = build_accounts(settings, database, redis, bell, clock=utc_now)
    assert accounts.cookies.secure
    assert accounts.origins.allows("https://chat.example.com")
    assert accounts.origins.allows("https://host.example.com")
    assert not accounts.origins.allows("http://127.0.0.1:8000")
    plain = build_accounts(load({"SECRET_KEY": KEY}), database, redis, bell, clock=utc_now)
    assert not plain.cookies.secure
    assert plain.origins.allows("http://127.0.0.1:8000")


async def test_what_earlier_keys_sealed_still_opens(database: Database, redis: Redis) -> None:
    row = uuid4()
    sealed = Sealer(EARLIER).seal(b"token", purpose="test", row=row)
    settings = load({"SECRET_KEY": KEY, "SECRET_KEY_PREVIOUS": EARLIER})
    accounts = build_accounts(settings, database, redis, still_bell(), clock=utc_now)
    assert accounts.sealer.open(sealed, purpose="test", row=row) == b"token"
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        build_accounts(load({}), database, redis, still_bell(), clock=utc_now)
