"""Signing in and out, and who one is."""

import asyncio
from typing import Annotated

from msgspec import Meta, Struct

from server.accounts.access import ANY_SCOPE
from server.accounts.emails import EMAIL_MAX, normalise
from server.accounts.passwords import PASSWORD_MAX
from server.domain.errors import Forbidden, Invalid, RateLimited, Unauthenticated
from server.domain.ids import UserId
from server.persistence import cookiesessions, users
from server.protocol.events import UserInfo
from server.routes.calls import Call, Reply
from server.routes.operations import Access, Operation

TAG = "auth"
MISMATCH = "E-mail address and password do not belong together."
"""One sentence for an unknown address and a wrong password: which of them is nobody's business."""


class SignIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Either ``email`` and ``password``, or ``link``: the secret of a sign-in link."""

    email: Annotated[str, Meta(min_length=3, max_length=EMAIL_MAX)] | None = None
    password: Annotated[str, Meta(min_length=1, max_length=PASSWORD_MAX)] | None = None
    link: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


async def sign_in(call: Call) -> Reply:
    body, services = call.body(SignIn), call.services
    origin = call.request.headers.get("origin")
    if origin is not None and not services.accounts.origins.allows(origin):
        # Otherwise another site could sign a visitor in as somebody else.
        raise Forbidden("This origin may not sign anybody in.")
    if body.link is not None:
        if body.email is not None or body.password is not None:
            raise Invalid("Give a link, or e-mail and password, not both.", path="$.link")
        user = None
    else:
        user = await _by_password(call, body)
    accounts = services.accounts
    async with services.database.transaction() as tx:
        if user is None:
            user = await accounts.tickets.use_link(tx, body.link or "")
        found = await users.find(tx, user)
        if found is None:
            raise Unauthenticated(MISMATCH)
        agent = call.request.headers.get("user-agent", "")
        secret = await accounts.cookies.open(tx, user, agent, call.address)
    info = UserInfo(
        id=found.id,
        email=found.email,
        name=found.name,
        role=found.role,
        plan=services.plans.of(found.ai_plan).name,
    )
    return Reply(info, {"set-cookie": accounts.cookies.header(secret)})


async def _by_password(call: Call, body: SignIn) -> UserId:
    if body.email is None:
        raise Invalid("This field is required.", path="$.email")
    if body.password is None:
        raise Invalid("This field is required.", path="$.password")
    services, accounts = call.services, call.services.accounts
    email = normalise(body.email)
    wait = await accounts.throttle.attempt(email, call.address)
    await asyncio.sleep(wait)
    async with services.database.snapshot() as tx:
        found = await users.find_password(tx, email)
    stored = found[1] if found else None
    # No connection is held while the hash is computed.
    if not await accounts.passwords.verify(body.password, stored) or found is None:
        raise Unauthenticated(MISMATCH)
    await accounts.throttle.succeeded(email, call.address)
    if stored is not None and accounts.passwords.is_outdated(stored):
        renewed = await accounts.passwords.hash(body.password)
        async with services.database.transaction() as tx:
            await users.set_password(tx, found[0], renewed)
    return UserId(found[0])


async def sign_out(call: Call) -> Reply:
    services, caller = call.services, call.caller
    if caller.credential_kind != "cookie":
        raise Invalid("There is no sign-in cookie to end; a key is revoked instead.")
    async with services.database.transaction() as tx:
        await cookiesessions.revoke(tx, caller.credential_id, caller.user_id, services.clock())
    services.accounts.endings.tell(caller.user_id, caller.credential_id)
    return Reply(None, {"set-cookie": services.accounts.cookies.clearing_header()})


async def me(call: Call) -> UserInfo:
    caller = call.caller
    return UserInfo(
        id=caller.user_id,
        email=caller.email,
        name=caller.name,
        role=caller.role,
        plan=caller.plan,
    )


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
        response=UserInfo,
    ),
)
