"""With a password ends what it, or whoever read the mail, had opened."""

from server.accounts.cookies import Cookies
from server.accounts.passwordchange import replace_password
from server.accounts.resets import Resets
from server.accounts.secrets import digest
from server.persistence import cookiesessions, logins
from server.persistence.database import Database
from tests.server.accounts.people import START, TurnedClock, somebody


async def test_sessions_and_links_end_but_the_one_that_asked(database: Database) -> None:
    user, clock = await somebody(database, password_hash="old"), TurnedClock()
    cookies, resets = Cookies(secure=False, clock=clock), Resets(database, clock=clock)
    secret = await resets.issue(user)
    async with database.transaction() as tx:
        for _ in "abc":
            await cookies.open(tx, user, "", "")
        mine, *others = await cookiesessions.list_open(tx, user, START, before=None, limit=10)
        login = await logins.find(tx, user)
        assert login is not None
        replaced = await replace_password(tx, login, "new", START, but=mine.id)
        assert replaced is not None
        assert set(replaced.sessions) == {session.id for session in others}
        assert replaced.resets == {digest(secret)}
        left = await cookiesessions.list_open(tx, user, START, before=None, limit=10)
        assert left == [mine]


async def test_nothing_is_done_where_somebody_was_faster(database: Database) -> None:
    user, clock = await somebody(database, password_hash="old"), TurnedClock()
    async with database.transaction() as tx:
        await Cookies(secure=False, clock=clock).open(tx, user, "", "")
        login = await logins.find(tx, user)
        assert login is not None
        assert await logins.set_password(tx, user, "faster", instead_of="old")
        assert await replace_password(tx, login, "new", START) is None
        assert len(await cookiesessions.list_open(tx, user, START, before=None, limit=10)) == 1
