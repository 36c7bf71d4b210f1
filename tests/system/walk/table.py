"""What is expected of every route: whose the things are that it names, and who may then do it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from server.accounts.access import Scope
from server.routes.openapi import PARAMETER
from server.routes.operations import Access, Operation
from tests.system.walk.asking import BODIES, QUERIES, UPLOADS, Making, body, naming, saying
from tests.system.walk.cast import Relation, Role, Verdict

Rights: TypeAlias = dict[Relation, Verdict]

ALL: Rights = {"owner": "in", "member": "in", "nobody": "in"}
OWN: Rights = {"owner": "in", "member": "404", "nobody": "404"}
SHARED: Rights = {"owner": "in", "member": "in", "nobody": "404"}
GOVERNED: Rights = {"owner": "in", "member": "403", "nobody": "404"}
MISPLACED: Rights = {"owner": "404", "member": "403", "nobody": "404"}
NOWHERE: Rights = {"owner": "404", "member": "404", "nobody": "404"}
REFUSED: Rights = {"owner": "403", "member": "403", "nobody": "403"}

OWN_CONVERSATION = "own conversation"
"""One of whoever asks, instead of the owner's."""

MESSAGES = "POST /api/conversations/{conversation_id:uuid}/messages"


@dataclass(frozen=True)
class Naming:
    """Things that a path names, by parameter, and who may do something to them."""

    things: dict[str, str]
    rights: Rights
    label: str = ""
    only: frozenset[str] | None = None
    """Methods that this holds for; None: all."""


@dataclass(frozen=True)
class Row:
    """One way of asking for one operation. ``named``: the thing in body or query, if any."""

    operation: Operation
    label: str
    things: dict[str, str]
    rights: Rights
    body: Making | None = None
    query: Making | None = None
    named: str | None = None

    @property
    def name(self) -> str:
        return f"{self.operation.method} {self.operation.path}{self.label}"


PATHS: dict[tuple[str, ...], tuple[Naming, ...]] = {
    (): (Naming({}, ALL),),
    ("conversation_id",): (Naming({"conversation_id": "conversation"}, OWN),),
    ("conversation_id", "message_id"): (
        Naming({"conversation_id": "conversation", "message_id": "said message"}, OWN),
    ),
    ("turn_id",): (Naming({"turn_id": "turn"}, OWN),),
    ("generation_id",): (Naming({"generation_id": "generation"}, OWN),),
    ("media_id",): (Naming({"media_id": "media"}, OWN),),
    ("export_id",): (Naming({"export_id": "export"}, OWN),),
    ("session_id",): (Naming({"session_id": "session"}, OWN),),
    ("key_id",): (Naming({"key_id": "key"}, OWN),),
    ("notification_id",): (Naming({"notification_id": "notification"}, OWN),),
    ("hook_id",): (Naming({"hook_id": "hook"}, OWN),),
    ("hook_id", "event_id"): (Naming({"hook_id": "hook", "event_id": "delivery"}, OWN),),
    ("preset_id",): (
        Naming({"preset_id": "preset"}, OWN, " private"),
        Naming({"preset_id": "shared preset"}, SHARED, " shared", frozenset({"GET"})),
        Naming({"preset_id": "shared preset"}, OWN, " shared", frozenset({"PATCH", "DELETE"})),
    ),
    ("agent_id",): (Naming({"agent_id": "custom agent"}, OWN),),
    ("reply_id",): (Naming({"reply_id": "quick reply"}, OWN),),
    ("experiment_id",): (Naming({"experiment_id": "experiment"}, OWN),),
    ("insight_id",): (Naming({"insight_id": "insight"}, OWN),),
    ("campaign",): (Naming({"campaign": "campaign"}, OWN),),
    ("campaign", "insight_id"): (
        Naming({"campaign": "campaign", "insight_id": "linked insight"}, OWN),
    ),
    ("workspace_id",): (
        Naming({"workspace_id": "workspace"}, SHARED, only=frozenset({"GET"})),
        Naming(
            {"workspace_id": "workspace"}, GOVERNED, only=frozenset({"PATCH", "DELETE", "POST"})
        ),
    ),
    ("workspace_id", "user_id"): (
        Naming(
            {"workspace_id": "workspace", "user_id": "membership"},
            GOVERNED,
            only=frozenset({"PATCH"}),
        ),
        Naming(
            {"workspace_id": "workspace", "user_id": "membership"},
            SHARED,  # whoever is in it may leave
            only=frozenset({"DELETE"}),
        ),
        Naming({"workspace_id": "workspace", "user_id": "outsider"}, MISPLACED, " no member"),
    ),
    ("workspace_id", "invitation_id"): (
        Naming({"workspace_id": "workspace", "invitation_id": "invitation"}, GOVERNED),
        Naming(
            {"workspace_id": "workspace", "invitation_id": "foreign invitation"},
            MISPLACED,
            " into another",
        ),
    ),
    ("pack_id",): (Naming({"pack_id": "pack"}, ALL),),
    ("alert_id",): (Naming({"alert_id": "alert"}, ALL),),
    ("pause_id",): (Naming({"pause_id": "pause"}, ALL),),
    ("month",): (Naming({"month": "month"}, ALL),),
    ("user",): (Naming({"user": "outsider"}, ALL),),
}
"""By the parameters of a path. A route that names something else fails the walk until it is
here."""

RIGHTS: dict[str, Rights] = {
    "POST /api/admin/turns/{turn_id:uuid}/refund": ALL,
    "POST /api/admin/workspaces/{workspace_id:uuid}/credits": ALL,
    "GET /api/workspaces/{workspace_id:uuid}/invitations": GOVERNED,
    "POST /api/notifications/read": OWN,
}
"""Routes that more or less is needed for than their path says."""

ENDS_CALLER = {
    "POST /api/auth/sign-out",
    "POST /api/auth/password",
    "DELETE /api/auth/me",
    "DELETE /api/auth/sessions",
    "DELETE /api/auth/sessions/{session_id:uuid}",
    "DELETE /api/workspaces/{workspace_id:uuid}",
    "DELETE /api/workspaces/{workspace_id:uuid}/members/{user_id:uuid}",
}
"""After these, other cells would find neither the callers nor the things they expect."""

EXCEPTIONS: dict[tuple[str, str], Verdict] = {
    # Their host application keeps the password.
    ("POST /api/auth/password", "host user"): "403",
    # And their name.
    ("PATCH /api/auth/me", "host user"): "403",
    # Nobody else may ask for somebody else's ticket.
    ("POST /api/ws-tickets externalId", "service key"): "in",
}
"""Cells that are decided by something else than role, scope and ownership; and why."""


@dataclass(frozen=True)
class Named:
    """A thing that body or query of a route name."""

    route: str
    label: str
    rights: Rights
    kind: str | None = None
    body: Making | None = None
    query: Making | None = None
    own: bool = False


NAMED = (
    *(
        Named(route, f"{field} {kind}", rights, kind, naming(field, kind, **fields))
        for route, field, kind, rights, fields in (
            ("POST /api/conversations", "presetId", "preset", OWN, {}),
            ("POST /api/conversations", "presetId", "shared preset", SHARED, {}),
            ("POST /api/conversations", "workspaceId", "workspace", SHARED, {}),
            ("POST /api/presets", "workspaceId", "workspace", SHARED, {"name": "Walked"}),
            ("POST /api/ai/completions", "presetId", "preset", OWN, {"prompt": "hello"}),
            ("POST /api/ai/completions", "presetId", "shared preset", SHARED, {"prompt": "hello"}),
            ("POST /api/api-keys", "workspaceId", "workspace", SHARED, {"name": "walked"}),
        )
    ),
    *(
        Named(MESSAGES, f"{field} {kind}", rights, kind, saying(field, kind), own=True)
        for field, kind, rights in (
            ("presetId", "preset", OWN),
            ("presetId", "shared preset", SHARED),
            ("workspaceId", "workspace", SHARED),
            ("parentId", "message", NOWHERE),  # it is not in that conversation
            ("regenerateOf", "message", NOWHERE),
            ("mediaId", "media", OWN),
        )
    ),
    Named(
        "GET /api/conversations/{conversation_id:uuid}",
        "leaf message",
        NOWHERE,
        "message",
        query=naming("leaf", "message"),
        own=True,
    ),
    Named(
        "GET /api/conversations/{conversation_id:uuid}",
        "around message",
        NOWHERE,
        "message",
        query=naming("around", "message"),
        own=True,
    ),
    Named(
        "GET /api/conversations/{conversation_id:uuid}/export",
        "leaf message",
        NOWHERE,
        "message",
        query=naming("leaf", "message"),
        own=True,
    ),
    Named(
        "POST /api/notifications/read",
        "upTo",
        OWN,
        "notification",
        naming("upTo", "notification"),
    ),
    Named("POST /api/ws-tickets", "externalId", REFUSED, body=body(externalId="somebody")),
)


def rows(operations: Iterable[Operation]) -> list[Row]:
    """Raises AssertionError: there is a route that the table says nothing about."""
    made = list[Row]()
    by_name = dict[str, Operation]()
    for operation in operations:
        name = f"{operation.method} {operation.path}"
        by_name[name] = operation
        assert operation.request is None or name in BODIES, f"{name}: the table has no body for it"
        assert not operation.upload or name in UPLOADS, f"{name}: the table has no file for it"
        parameters = tuple(match[1] for match in PARAMETER.finditer(operation.path))
        assert parameters in PATHS, f"{name}: the table has no resource for {parameters}"
        fitting = [
            each for each in PATHS[parameters] if each.only is None or operation.method in each.only
        ]
        assert fitting, f"{name}: the table does not say who may do this"
        sent = BODIES.get(name), QUERIES.get(name)
        for each in fitting:
            rights = RIGHTS.get(name, each.rights)
            made.append(Row(operation, each.label, each.things, rights, *sent))
    for one in NAMED:
        things = {"conversation_id": OWN_CONVERSATION} if one.own else {}
        label, operation = f" {one.label}", by_name[one.route]
        row = Row(operation, label, things, one.rights, one.body, one.query, one.kind)
        made.append(row)
    return made


def expected(row: Row, role: Role) -> Verdict:
    """By access, scope and ownership, in the order in which the server asks for them."""
    operation, need = row.operation, row.operation.scope
    if operation.access is Access.PUBLIC:
        return "alike"
    if role.refused is not None:
        return role.refused
    if operation.access is Access.ADMIN and not role.is_admin:
        return "403"
    if role.scopes is not None and (
        need is None or (isinstance(need, Scope) and need not in role.scopes)
    ):
        return "403"
    return EXCEPTIONS.get((row.name, role.name)) or row.rights[role.relation]
