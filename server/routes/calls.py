"""One call of one operation: authenticated, decoded, then the handler's."""

from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID

from msgspec import Struct
from starlette.requests import Request

from billing.windows import Told
from server.accounts.access import Principal, check
from server.accounts.addresses import client_address
from server.domain.errors import Invalid, Unauthenticated
from server.protocol.codec import Bounds, decode_body, decode_query
from server.routes.bodies import read_json, refuse_body
from server.routes.callernames import decode_from
from server.routes.middleware import Answer
from server.routes.operations import Access, Operation
from server.routes.services import STATE, Services

Body = TypeVar("Body")
Query = TypeVar("Query", bound=Struct)


class Reply(NamedTuple):
    """What a handler answers when headers go with ``data``."""

    data: Any
    headers: dict[str, str]


class Call:
    """What a handler gets: the caller, and everything that was sent, valid by type."""

    def __init__(
        self, request: Request, caller: Principal | None, body: Any, query: Struct | None
    ) -> None:
        self.request = request
        self.services = services_of(request)
        self._caller = caller
        self._body = body
        self._query = query

    @property
    def caller(self) -> Principal:
        """Raises Unauthenticated: a public operation asked for somebody who is not there."""
        if self._caller is None:
            raise Unauthenticated("You are not signed in.")
        return self._caller

    @property
    def address(self) -> str:
        return address_of(self.request)

    @property
    def told(self) -> Told:
        """What hears how the limits stand that this request counts against: its answer says so."""
        return cast("Answer", self.request.scope["state"]["answer"]).rates.take

    @property
    def request_id(self) -> str:
        return request_id_of(self.request)

    def body(self, kind: type[Body]) -> Body:
        """The body; ``kind`` is the ``request`` of the operation."""
        return cast("Body", self._body)

    def query(self, kind: type[Query]) -> Query:
        """The query parameters; ``kind`` is the ``query`` of the operation."""
        return cast("Query", self._query)

    def id(self, name: str) -> UUID:
        """A path parameter of the kind ``{name:uuid}``."""
        return cast("UUID", self.request.path_params[name])


async def prepare(request: Request, operation: Operation) -> Call:
    """Authenticate, check the right to ask, then decode: a stranger learns nothing about what
    would have been valid.

    Raises:
        Unauthenticated, Forbidden: who asks may not.
        Invalid, TooLarge, UnsupportedMedia: what was sent cannot be used.
    """
    services = services_of(request)
    caller = None
    if operation.access is not Access.PUBLIC:
        caller = await authenticate(request)
        check(caller, operation.scope, admin=operation.access is Access.ADMIN)
    query = None
    if operation.query is not None:
        query = decode_parameters(request, operation.query)
    elif request.query_params:
        decode_parameters(request, NoQuery)
    body = None
    if operation.request is not None:
        raw = await read_json(request, services.settings.body_bytes)
        if operation.optional and not raw.strip():
            raw = b"{}"
        bounds = Bounds(
            frame_bytes=services.settings.body_bytes,
            depth=services.settings.json_depth,
            text_characters=services.settings.text_characters,
        )
        if caller is None:
            body = decode_body(raw, operation.request, bounds)
        else:
            body = decode_from(caller, raw, operation.request, bounds)
    elif request.method not in {"GET", "HEAD"} and not operation.upload:
        await refuse_body(request)
    return Call(request, caller, body, query)


class NoQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An operation without parameters."""


async def authenticate(request: Request) -> Principal:
    """The one dependency: a bearer token where one is given, else a sign-in cookie, our own or that
    of the host application.

    Raises:
        Unauthenticated: none of them, or not valid.
        Forbidden: an unsafe request with a cookie, from a page that may not.
    """
    accounts = services_of(request).accounts
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated("The Authorization header must be of the kind Bearer.")
        return await accounts.authenticator.by_bearer(token.strip())
    value = request.cookies.get(accounts.cookies.name)
    if value is None and not (accounts.authenticator.has_host and request.cookies):
        raise Unauthenticated("You are not signed in.")
    accounts.origins.check(request.method, request.headers.get("origin"))
    return await accounts.authenticator.by_cookies(value, request.cookies)


def decode_parameters(request: Request, kind: type[Query]) -> Query:
    """Query parameters as ``kind``. Raises Invalid, with a path such as ``$query.limit``."""
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise Invalid("This parameter was given twice.", path=f"$query.{name[:50]}")
        given[name] = value
    try:
        return decode_query(given, kind)
    except Invalid as error:
        path = "$query" + (error.path or "$").removeprefix("$")
        raise Invalid(error.message, path=path) from None


def services_of(request: Request) -> Services:
    return cast("Services", request.scope["state"][STATE])


def request_id_of(request: Request) -> str:
    return cast("str", request.scope["state"]["request_id"])


def address_of(request: Request) -> str:
    """Whose limits a request counts against: forwarded headers only from configured proxies."""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
    peer = request.client.host if request.client else None
    return client_address(peer, forwarded, services_of(request).settings.trusted_proxies)
