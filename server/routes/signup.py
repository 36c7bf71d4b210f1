"""Signing up, where that is open to everybody: the user is made when the mail is answered."""

from typing import Annotated

from msgspec import Meta, Struct

from server.accounts.emails import EMAIL_MAX, normalise
from server.accounts.passwordrules import check_strength
from server.accounts.passwords import PASSWORD_MAX, PASSWORD_MIN
from server.accounts.provisioning import NAME_MAX, NewPerson, clean_name
from server.accounts.secrets import SECRET_MAX
from server.domain.errors import Conflict, Forbidden, RateLimited, Unauthenticated
from server.domain.ids import UserId, WorkspaceId, new_id
from server.mail.letters import Mail
from server.mail.mailroom import Mailroom
from server.persistence import logins
from server.persistence.database import Tx
from server.persistence.logins import Login
from server.protocol.events import UserInfo
from server.routes import letters, mailing
from server.routes.calls import Call, Reply
from server.routes.entering import check_page, open_session, welcome
from server.routes.operations import Access, Operation
from server.turns.onboarding import Welcome, create_user, newcomer

TAG = "auth"


class SignUp(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``name`` absent: what stands before the ``@``."""

    email: Annotated[str, Meta(min_length=3, max_length=EMAIL_MAX)]
    password: Annotated[str, Meta(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX)]
    name: Annotated[str, Meta(max_length=NAME_MAX)] = ""


class Confirm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``secret`` is what the mailed link has after its ``#``."""

    secret: Annotated[str, Meta(min_length=1, max_length=SECRET_MAX)]


async def sign_up(call: Call) -> None:
    """Answers the same, in the same time, whether or not somebody has that address: what differs
    is the mail, and that is written afterwards."""
    body, services = call.body(SignUp), call.services
    accounts, origin = services.accounts, services.settings.origin
    check_page(call)
    mail = _open_door(call)
    email = normalise(body.email)
    name = clean_name(body.name) or email.partition("@")[0]
    check_strength(body.password, email)
    asker = mailing.by_address(
        call, "sign-up", services.settings.sign_ups_per_address, mailing.DAY_S
    )
    async with mailing.counted(call, "sign-up", email, asker):
        password_hash = await accounts.passwords.hash(body.password)
        async with services.database.snapshot() as tx:
            is_known = await logins.find_by_email(tx, email) is not None

    async def letter() -> Mail:
        if is_known:
            return letters.known_already(email, origin)
        secret = await accounts.sign_ups.keep(email=email, name=name, password_hash=password_hash)
        return letters.confirm_sign_up(email, origin, secret)

    mail.write(letter)


async def confirm(call: Call) -> Reply:
    services, secret = call.services, call.body(Confirm).secret
    check_page(call)
    _open_door(call)
    user, workspace = UserId(new_id()), WorkspaceId(new_id())
    transfer, settings = new_id(), services.settings

    async def work(tx: Tx) -> tuple[Login, str]:
        sign_up = await services.accounts.sign_ups.take(tx, secret)
        person = NewPerson(
            user_id=user,
            workspace_id=workspace,
            email=sign_up.email,
            name=sign_up.name,
            password_hash=sign_up.password_hash,
        )
        gift = Welcome(
            credits=settings.signup_credits,
            transfer_id=transfer,
            once=newcomer(settings.sealing_key, sign_up.email),
        )
        await create_user(tx, services.ledger, person, gift)
        login = await logins.find(tx, user)
        if login is None:
            raise AssertionError("the user was made above")
        return login, await open_session(tx, call, login)

    try:
        login, cookie = await services.database.run(work)
    except Conflict as error:
        raise Conflict("This e-mail address has an account already: sign in.") from error
    return welcome(call, login, cookie)


def _open_door(call: Call) -> Mailroom:
    """Raises Forbidden: whoever runs this server lets nobody sign up by themselves."""
    mail = call.services.mail
    if call.services.settings.registration != "open" or mail is None:
        raise Forbidden("Nobody can sign up here; ask whoever runs this server.")
    return mail


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/auth/sign-up",
        handler=sign_up,
        summary="Ask for an account: a mail to that address says how it goes on.",
        tag=TAG,
        access=Access.PUBLIC,
        request=SignUp,
        status=202,
        errors=(Forbidden, RateLimited),
    ),
    Operation(
        method="POST",
        path="/api/auth/confirm",
        handler=confirm,
        summary="Answer that mail: makes the user, with their first credits, and signs them in.",
        tag=TAG,
        access=Access.PUBLIC,
        request=Confirm,
        response=UserInfo,
        errors=(Unauthenticated, Forbidden, Conflict),
    ),
)
