"""The accounts' services follow the settings."""

from uuid import uuid4

import pytest
from redis.asyncio import Redis

from billing.ledger import Ledger
from server.accounts.hosts.authjs import SessionCookies
from server.accounts.hosts.signin import HostSignIn
from server.accounts.sealing import Sealer
from server.domain.clock import utc_now
from server.environment import SettingsError
from server.persistence.database import Database
from server.routes.services import Accounts, build_accounts
from server.settings import Settings, load
from server.turns.onboarding import host_user_creator
from tests.support.bells import still_bell

KEY, EARLIER = "k" * 32, "e" * 32


def build(settings: Settings, database: Database, redis: Redis) -> Accounts:
    create = host_user_creator(Ledger(), settings.signup_credits, KEY)
    cookies = SessionCookies(settings.session_secrets, clock=utc_now)
    host = HostSignIn(
        database,
        create,
        issuer="authjs",
        tokens=None,
        cookies=cookies if settings.session_secrets else None,
    )
    return build_accounts(settings, database, redis, still_bell(), host, clock=utc_now)


async def test_cookies_of_others_are_looked_at_where_some_are_trusted(
    database: Database, redis: Redis
) -> None:
    for environ, is_asked in (({}, False), ({"AUTH_SECRET": KEY}, True)):
        settings = load({"SECRET_KEY": KEY, **environ})
        assert build(settings, database, redis).authenticator.has_host is is_asked


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
    accounts = build(settings, database, redis)
    assert accounts.cookies.secure
    assert accounts.origins.allows("https://chat.example.com")
    assert accounts.origins.allows("https://host.example.com")
    assert not accounts.origins.allows("http://127.0.0.1:8000")
    plain = build(load({"SECRET_KEY": KEY}), database, redis)
    assert not plain.cookies.secure
    assert plain.origins.allows("http://127.0.0.1:8000")


async def test_what_earlier_keys_sealed_still_opens(database: Database, redis: Redis) -> None:
    row = uuid4()
    sealed = Sealer(EARLIER).seal(b"token", purpose="test", row=row)
    settings = load({"SECRET_KEY": KEY, "SECRET_KEY_PREVIOUS": EARLIER})
    accounts = build(settings, database, redis)
    assert accounts.sealer.open(sealed, purpose="test", row=row) == b"token"
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        build(load({}), database, redis)
