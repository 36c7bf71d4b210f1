"""Cookie sessions: thirty days, only a hash stored."""

from datetime import timedelta

from sqlalchemy import select

from server.accounts.cookies import Cookies
from server.accounts.tokens import Authenticator
from server.persistence.cookiesessions import CookieSessionRow
from server.persistence.database import Database
from tests.server.accounts.people import START, TurnedClock, somebody


def test_the_header_keeps_scripts_and_other_sites_out() -> None:
    plain = Cookies(secure=False, clock=TurnedClock())
    assert plain.header("abc") == ("causerie=abc; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax")
    secure = Cookies(secure=True, clock=TurnedClock())
    assert secure.header("abc").startswith("__Host-causerie=abc; Path=/;")
    assert secure.header("abc").endswith("; Secure")
    assert "Max-Age=0" in secure.clearing_header()


async def test_a_session_is_stored_as_a_hash_and_old_ones_are_forgotten(
    database: Database,
) -> None:
    user, clock = await somebody(database), TurnedClock()
    cookies = Cookies(secure=False, clock=clock)
    async with database.transaction() as tx:
        secret = await cookies.open(tx, user, "A\x00gent" * 100, "192.0.2.1")
        (row,) = (await tx.execute(select(CookieSessionRow.__table__))).all()
    assert len(secret) == 43
    assert secret.encode() not in row.secret_hash
    assert len(row.user_agent) < 300
    assert row.address == "192.0.2.1"
    found = await Authenticator(database, clock=clock).by_cookie(secret)
    assert (found.user_id, found.scopes, found.plan) == (user, None, "starter")
    clock.turn(days=38)
    async with database.transaction() as tx:
        await cookies.open(tx, user, "", "")
        rows = (await tx.execute(select(CookieSessionRow.id))).all()
    assert len(rows) == 1


async def test_a_session_is_seen_when_it_opens_and_then_once_a_minute(database: Database) -> None:
    user, clock = await somebody(database), TurnedClock()
    async with database.transaction() as tx:
        secret = await Cookies(secure=False, clock=clock).open(tx, user, "", "")

    async def seen_at() -> object:
        await Authenticator(database, clock=clock).by_cookie(secret)
        async with database.snapshot() as tx:
            return await tx.scalar(select(CookieSessionRow.last_seen_at))

    for seconds, minutes in ((0, 0), (59, 0), (60, 1), (90, 1)):
        clock.now = START + timedelta(seconds=seconds)
        assert await seen_at() == START + timedelta(minutes=minutes)
