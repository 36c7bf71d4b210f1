"""Signing in and out, who one is, and which ways in there are."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from server.accounts.access import ANY_SCOPE, CredentialKind
from server.accounts.emails import EMAIL_MAX, normalise
from server.accounts.passwords import PASSWORD_MAX
from server.accounts.provisioning import NAME_MAX, shown_name
from server.domain.errors import Forbidden, Invalid, RateLimited, Unauthenticated
from server.persistence import cookiesessions, logins, people, users
from server.persistence.logins import Login
from server.protocol.events import UserInfo
from server.routes.calls import Call, Reply
from server.routes.entering import check_page, is_password, open_session, welcome
from server.routes.operations import Access, Operation

TAG = "auth"
MISMATCH = "E-mail address and password do not belong together."
"""One sentence for an unknown address and a wrong password: which of them is nobody's business."""


ELSEWHERE = "You sign in by another application, which keeps your name."


class SignIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Either ``email`` and ``password``, or ``link``: the secret of a sign-in link."""

    email: Annotated[str, Meta(min_length=3, max_length=EMAIL_MAX)] | None = None
    password: Annotated[str, Meta(min_length=1, max_length=PASSWORD_MAX)] | None = None
    link: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class ChangeMe(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one is called, by people and by nobody else: agents learn a creator's name from the
    configuration."""

    name: Annotated[str, Meta(min_length=1, max_length=NAME_MAX)]


class Options(Struct, frozen=True, kw_only=True, rename="camel"):
    """``mail``: links can be mailed, so a forgotten password can be replaced."""

    registration: Literal["open", "closed"]
    mail: bool


class Me(UserInfo, frozen=True, kw_only=True):
    """``workspaceId``: where one's turns belong by default. ``externalId``: what the host
    application calls one, by which alone one signs in then. ``credential``: what this request was
    made with."""

    workspace_id: UUID
    external_id: str | None
    credential: CredentialKind
    has_password: bool


async def sign_in(call: Call) -> Reply:
    body, accounts = call.body(SignIn), call.services.accounts
    check_page(call)
    if body.link is not None:
        if body.email is not None or body.password is not None:
            raise Invalid("Give a link, or e-mail and password, not both.", path="$.link")
        known = None
    else:
        known = await _by_password(call, body)
    async with call.services.database.transaction() as tx:
        user = known.user_id if known else await accounts.tickets.use_link(tx, body.link or "")
        login = await logins.hold(tx, user)
        if login is None or (known and login.password_hash != known.password_hash):
            raise Unauthenticated(MISMATCH)  # the password was changed at this very moment
        if login.is_barred:
            # Told only to whoever has proved to be that user.
            raise Forbidden("This account is suspended, or about to be deleted.")
        secret = await open_session(tx, call, login)
    return welcome(call, login, secret)


async def _by_password(call: Call, body: SignIn) -> Login:
    if body.email is None:
        raise Invalid("This field is required.", path="$.email")
    if body.password is None:
        raise Invalid("This field is required.", path="$.password")
    services, accounts = call.services, call.services.accounts
    email = normalise(body.email)
    # First, so that while the database is away nothing counts as a guess; and no connection is
    # held while the hash is computed.
    async with services.database.snapshot() as tx:
        found = await logins.find_by_email(tx, email)
    stored = found.password_hash if found else None
    if not await is_password(call, email, body.password, stored) or not (found and stored):
        raise Unauthenticated(MISMATCH)
    if not accounts.passwords.is_outdated(stored):
        return found
    renewed = await accounts.passwords.hash(body.password)
    async with services.database.transaction() as tx:
        await logins.set_password(tx, found.user_id, renewed, instead_of=stored)
        return await logins.find(tx, found.user_id) or found


async def sign_out(call: Call) -> Reply:
    services, caller = call.services, call.caller
    if caller.credential_kind in ("jwt", "authjs"):
        raise Invalid("You are signed in by another application: sign out there.")
    if caller.credential_kind == "key" or caller.scopes is not None:  # a bearer stands for a cookie
        raise Invalid("There is no sign-in cookie to end; a key is revoked instead.")
    async with services.database.transaction() as tx:
        await cookiesessions.revoke(tx, caller.credential_id, caller.user_id, services.clock())
    services.accounts.endings.tell(caller.user_id, caller.credential_id)
    return Reply(None, {"set-cookie": services.accounts.cookies.clearing_header()})


async def me(call: Call) -> Me:
    async with call.services.database.glances() as tx:
        login = await logins.find(tx, call.caller.user_id)
    return _me(call, login)


async def change_me(call: Call) -> Me:
    name, user = shown_name(call.body(ChangeMe).name), call.caller.user_id
    async with call.services.database.transaction() as tx:
        await users.lock(tx, user)
        login = await logins.find(tx, user)
        if login is None:
            raise Unauthenticated("You are not signed in, or no longer.")
        if login.issuer is not None:
            raise Forbidden(ELSEWHERE, path="$.name")
        await people.change(tx, user, {"name": name})
        return _me(call, await logins.find(tx, user))


def _me(call: Call, login: Login | None) -> Me:
    caller = call.caller
    return Me(
        id=caller.user_id,
        email=caller.email,
        name=caller.name if login is None else login.name,
        role=caller.role,
        plan=caller.plan,
        workspace_id=caller.workspace_id,
        external_id=caller.external_id,
        credential=caller.credential_kind,
        has_password=login is not None and login.password_hash is not None,
    )


async def options(call: Call) -> Options:
    services = call.services
    return Options(registration=services.settings.registration, mail=services.mail is not None)


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/auth/sign-in",
        handler=sign_in,
        summary="Sign in with e-mail and password, or with a sign-in link; sets the cookie.",
        tag=TAG,
        access=Access.PUBLIC,
        request=SignIn,
        response=UserInfo,
        errors=(Unauthenticated, Forbidden, RateLimited),
    ),
    Operation(
        method="POST",
        path="/api/auth/sign-out",
        handler=sign_out,
        scope=ANY_SCOPE,
        summary="End this cookie session, and every WebSocket session that it opened.",
        tag=TAG,
    ),
    Operation(
        method="GET",
        path="/api/auth/me",
        handler=me,
        scope=ANY_SCOPE,
        summary="Who one is signed in as.",
        tag=TAG,
        response=Me,
    ),
    Operation(
        method="PATCH",
        path="/api/auth/me",
        handler=change_me,
        summary="Change what one is called.",
        tag=TAG,
        request=ChangeMe,
        response=Me,
        errors=(Forbidden,),
    ),
    Operation(
        method="GET",
        path="/api/auth/options",
        handler=options,
        summary="Which ways in a page may offer.",
        tag=TAG,
        access=Access.PUBLIC,
        response=Options,
    ),
)
