"""Leaving: a user deletes their own account."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from server.accounts.passwords import PASSWORD_MAX
from server.domain.errors import Conflict, Forbidden, Invalid, RateLimited
from server.persistence import logins
from server.routes.calls import Call, Reply
from server.routes.entering import is_password
from server.routes.operations import Operation

TAG = "auth"


class DeleteAccount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``password`` of whoever has one; ``confirm``: the word ``delete``."""

    confirm: Literal["delete"]
    password: Annotated[str, Meta(min_length=1, max_length=PASSWORD_MAX)] | None = None


async def delete_account(call: Call) -> Reply:
    caller, services = call.caller, call.services
    await _check_password(call, call.body(DeleteAccount).password)
    await services.leaver.ask(caller.user_id)
    return Reply(None, {"set-cookie": services.accounts.cookies.clearing_header()})


async def _check_password(call: Call, password: str | None) -> None:
    """Who has found an open browser, or a key, is not who may do this."""
    user = call.caller.user_id
    async with call.services.database.snapshot() as tx:
        login = await logins.find(tx, user)
    if login is None or login.password_hash is None:
        return
    if password is None:
        raise Invalid("This field is required.", path="$.password")
    if not await is_password(call, login.email or str(user), password, login.password_hash):
        raise Forbidden("That is not your password.", path="$.password")


OPERATIONS = (
    Operation(
        method="DELETE",
        path="/api/auth/me",
        handler=delete_account,
        summary="Delete one's account and everything in it, for good.",
        tag=TAG,
        request=DeleteAccount,
        status=202,
        errors=(Forbidden, Conflict, RateLimited),
    ),
)
