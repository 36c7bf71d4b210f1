"""Passwords: forgotten, chosen anew by a mailed link, changed."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from server.accounts.emails import EMAIL_MAX, normalise
from server.accounts.passwordchange import replace_password
from server.accounts.passwordrules import check_strength
from server.accounts.passwords import PASSWORD_MAX, PASSWORD_MIN
from server.accounts.secrets import SECRET_MAX
from server.domain.errors import Conflict, Forbidden, Invalid, RateLimited, Unauthenticated
from server.mail.letters import Mail
from server.persistence import logins
from server.persistence.logins import Login
from server.routes import letters, mailing
from server.routes.calls import Call
from server.routes.entering import check_page, is_password, tell_ended
from server.routes.operations import Access, Operation

TAG = "auth"


class Forgot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    email: Annotated[str, Meta(min_length=3, max_length=EMAIL_MAX)]


class Reset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``secret`` is what the mailed link has after its ``#``."""

    secret: Annotated[str, Meta(min_length=1, max_length=SECRET_MAX)]
    password: Annotated[str, Meta(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX)]


class Change(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``current`` proves that it is not somebody who has found the browser open."""

    current: Annotated[str, Meta(min_length=1, max_length=PASSWORD_MAX)]
    password: Annotated[str, Meta(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX)]


async def forgot(call: Call) -> None:
    """Answers the same, in the same time, whether or not somebody has that address."""
    services, settings = call.services, call.services.settings
    check_page(call)
    if services.mail is None:
        raise Forbidden("No mail is sent here; ask whoever runs this server for a sign-in link.")
    email = normalise(call.body(Forgot).email)
    asker = mailing.by_address(call, "reset", settings.resets_per_address, mailing.HOUR_S)
    async with (
        mailing.counted(call, "reset", email, asker),
        services.database.snapshot() as tx,
    ):
        login = await logins.find_by_email(tx, email)
    if login is None or login.is_barred:
        return
    user = login.user_id

    async def letter() -> Mail:
        secret = await services.accounts.resets.issue(user)
        return letters.reset_password(email, settings.origin, secret)

    services.mail.write(letter)


async def reset(call: Call) -> None:
    body, services = call.body(Reset), call.services
    accounts = services.accounts
    check_page(call)
    login = await accounts.resets.find(body.secret)
    check_strength(body.password, login.email or "")
    # No connection is held while the hash is computed.
    hashed = await accounts.passwords.hash(body.password)
    ended = await services.database.run(
        lambda tx: accounts.resets.reset(tx, body.secret, login, hashed)
    )
    await accounts.throttle.forget(login.email or "", call.address)
    _replaced(call, login, ended)


async def change(call: Call) -> None:
    body, caller, services = call.body(Change), call.caller, call.services
    accounts = services.accounts
    async with services.database.snapshot() as tx:
        login = await logins.find(tx, caller.user_id)
    if login is None:
        raise Unauthenticated("You are not signed in, or no longer.")
    email = login.email or ""
    if login.issuer is not None:
        raise Forbidden("You sign in by another application, which keeps your password.")
    if login.password_hash is None:
        raise Conflict("You have no password yet: choose one by a link (forgotten password).")
    check_strength(body.password, email)
    # The same counts as for signing in: an open browser is no way to guess faster.
    if not await is_password(call, email, body.current, login.password_hash):
        raise Invalid("That is not your password.", path="$.current")
    hashed = await accounts.passwords.hash(body.password)
    stays = caller.credential_id if caller.credential_kind == "cookie" else None
    now = services.clock()
    replaced = await services.database.run(
        lambda tx: replace_password(tx, login, hashed, now, but=stays)
    )
    if replaced is None:
        raise Conflict("Your password has just been changed elsewhere.")
    _replaced(call, login, replaced.sessions)


def _replaced(call: Call, login: Login, ended: tuple[UUID, ...]) -> None:
    """After the commit."""
    tell_ended(call, login.user_id, ended)
    services = call.services
    if services.mail is not None and login.email is not None:
        services.mail.post(letters.password_changed(login.email, services.settings.origin))


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/auth/forgot",
        handler=forgot,
        summary="Have a link mailed by which to choose a new password, if the address is known.",
        tag=TAG,
        access=Access.PUBLIC,
        request=Forgot,
        status=202,
        errors=(Forbidden, RateLimited),
    ),
    Operation(
        method="POST",
        path="/api/auth/reset",
        handler=reset,
        summary="Choose a new password by that link; ends every cookie session, but no API key.",
        tag=TAG,
        access=Access.PUBLIC,
        request=Reset,
        errors=(Unauthenticated, Forbidden),
    ),
    Operation(
        method="POST",
        path="/api/auth/password",
        handler=change,
        summary="Change the password; ends every other cookie session, but no API key.",
        tag=TAG,
        request=Change,
        errors=(Forbidden, Conflict, RateLimited),
    ),
)
