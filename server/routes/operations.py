"""What the REST interface offers, as data: the routing table and OpenAPI are made of the same rows.

Each routes module ends with a tuple of ``Operation``; whoever builds the application joins them,
mounts every ``handler`` and hands the same rows to ``documents.openapi``. So a route that is not
documented, or a document that names no route, cannot come about.
"""

import enum
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from msgspec import Struct

from server.accounts.access import Need
from server.domain.errors import AppError


class Access(enum.StrEnum):
    """Who may ask: enforced before the handler runs, and told in the document."""

    PUBLIC = "public"
    USER = "user"
    ADMIN = "admin"


class Operation(Struct, frozen=True, kw_only=True):
    """One method of one path.

    ``path`` is as Starlette writes it: ``/api/turns/{turn_id:uuid}``. ``request`` types the JSON
    body, which may be absent where it is ``optional``; ``query`` a Struct of query parameters;
    ``response`` the type of ``data`` in the envelope (``None``: ``data`` is null). ``errors`` are
    those beside the ones that every operation can answer with. ``status`` is one that has a body.
    ``media`` other than JSON means a body that is no envelope. ``scope``: what a key with scopes
    must have been given to ask; None, which is what a forgotten one amounts to, lets no such key
    through. ``upload``: the body is a file, which the handler reads itself. ``streams``: answers
    Server-Sent Events when ``Accept`` asks for them.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    handler: Callable[..., Awaitable[Any]]
    summary: str
    tag: str
    access: Access = Access.USER
    scope: Need = None
    request: Any = None
    optional: bool = False
    query: type[Struct] | None = None
    response: Any = None
    status: int = 200
    errors: tuple[type[AppError], ...] = ()
    enveloped: bool = True
    media: str = "application/json"
    upload: bool = False
    streams: bool = False

    @property
    def name(self) -> str:
        """The operation's id in OpenAPI and its label in metrics: the handler's own name."""
        return getattr(self.handler, "__name__", type(self.handler).__name__)
