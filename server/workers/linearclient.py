"""Linear's GraphQL interface, as far as incidents need it (linear.app/developers, late 2026)."""

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import httpx2
import msgspec
from msgspec import Struct

ANSWER_S = 10.0
LIMITED_S = 60.0
"""Until the next attempt where Linear does not say when it has room again."""
LIMITED_MOST_S = 3_600.0
"""Its limits are by the hour."""

TEAM = """
query Team($filter: TeamFilter) {
  teams(filter: $filter, first: 1) { nodes { id } }
}
"""
FIND = """
query Find($id: String!) {
  issue(id: $id) {
    url
    trashed
    state { type }
    team { states(filter: { type: { eq: "completed" } }) { nodes { id position } } }
  }
}
"""
CREATE = """
mutation Create($input: IssueCreateInput!) {
  issueCreate(input: $input) { success issue { url } }
}
"""
UPDATE = """
mutation Update($id: String!, $input: IssueUpdateInput!) {
  issueUpdate(id: $id, input: $input) { success }
}
"""
COMMENT = """
mutation Comment($input: CommentCreateInput!) {
  commentCreate(input: $input) { success }
}
"""

NOT_FOUND = "Entity not found"
"""How the message begins of what is not there; its code is that of every wrong request."""

_ENDED = frozenset({"completed", "canceled", "duplicate"})
"""Types of the states in which nobody works on an issue any more."""

_OURS = frozenset({"AUTHENTICATION_ERROR", "FORBIDDEN"})
_THEIRS = frozenset({"internal error", "lock timeout", "bootstrap error", "network error"})


class LinearError(Exception):
    """What Linear said, or why it said nothing; never the key."""


class Away(LinearError):
    """No answer, or one that says that it was no fault of ours: later it may succeed."""


class Limited(LinearError):
    """Too many requests. ``seconds``: until there is room again."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class Denied(LinearError):
    """The key, or the team, is not what it must be: somebody has to change a setting."""


class Rejected(LinearError):
    """This one request is not taken, however often it is made."""


class Issue(Struct, frozen=True, kw_only=True):
    """``done``: the state in which its team puts what is done; None: it has no such state."""

    url: str
    is_deleted: bool
    is_ended: bool
    done: str | None


Answer = TypeVar("Answer")


class _Error(Struct, frozen=True):
    message: str
    extensions: dict[str, Any] = {}


class _Body(Struct, frozen=True):
    data: Any = None
    errors: list[_Error] | None = None


class _Id(Struct, frozen=True):
    id: str


class _Ids(Struct, frozen=True):
    nodes: list[_Id]


class _Teams(Struct, frozen=True):
    teams: _Ids


class _State(Struct, frozen=True):
    id: str
    position: float


class _States(Struct, frozen=True):
    nodes: list[_State]


class _Type(Struct, frozen=True):
    type: str


class _Team(Struct, frozen=True):
    states: _States


class _Issue(Struct, frozen=True):
    url: str
    trashed: bool | None
    state: _Type
    team: _Team


class _Found(Struct, frozen=True):
    issue: _Issue


class _Address(Struct, frozen=True):
    url: str


class _Payload(Struct, frozen=True):
    issue: _Address


class _Created(Struct, frozen=True, rename="camel"):
    issue_create: _Payload


class LinearClient:
    """``now``: seconds since 1970, which Linear's limits speak of."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        url: str,
        key: str,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self._url = url
        self._key = key
        self._now = now

    async def team(self, key: str | None) -> str:
        """Id of the team whose issues begin with ``key``; None: the first one there is.

        Raises:
            Denied: there is none that the key may see.
        """
        wanted = None if key is None else {"key": {"eq": key}}
        found = await self._ask(TEAM, {"filter": wanted}, _Teams)
        if not found.teams.nodes:
            raise Denied(f"there is no team {key}" if key else "there is no team")
        return found.teams.nodes[0].id

    async def find(self, issue: UUID) -> Issue | None:
        """None: there is no such issue, or there is no more."""
        try:
            found = (await self._ask(FIND, {"id": str(issue)}, _Found)).issue
        except Rejected as error:
            if NOT_FOUND in str(error):
                return None
            raise
        states = sorted(found.team.states.nodes, key=lambda state: state.position)
        return Issue(
            url=found.url,
            is_deleted=bool(found.trashed),
            is_ended=found.state.type in _ENDED,
            done=states[0].id if states else None,
        )

    async def create(self, issue: UUID, team: str, **fields: Any) -> str:
        """Its address.

        Raises:
            Rejected: also where there is one with this id.
        """
        values = {"id": str(issue), "teamId": team, **fields}
        return (await self._ask(CREATE, {"input": values}, _Created)).issue_create.issue.url

    async def update(self, issue: UUID, **fields: Any) -> None:
        await self._ask(UPDATE, {"id": str(issue), "input": fields}, dict)

    async def comment(self, comment: UUID, issue: UUID, body: str) -> None:
        """
        Raises:
            Rejected: also where there is one with this id.
        """
        values = {"id": str(comment), "issueId": str(issue), "body": body}
        await self._ask(COMMENT, {"input": values}, dict)

    async def _ask(self, document: str, variables: dict[str, Any], kind: type[Answer]) -> Answer:
        """The ``data`` of an answer without errors.

        Raises:
            LinearError: of one of the kinds above.
        """
        try:
            answer = await self._http.post(
                self._url,
                content=msgspec.json.encode({"query": document, "variables": variables}),
                headers={"Authorization": self._key, "Content-Type": "application/json"},
                timeout=ANSWER_S,
            )
        except (httpx2.HTTPError, OSError) as error:
            raise Away(f"Linear does not answer: {type(error).__name__}") from error
        try:
            body = msgspec.json.decode(answer.content, type=_Body)
            if answer.is_success and not body.errors:
                return msgspec.convert(body.data, kind)
        except msgspec.MsgspecError as error:  # of something that stands between us
            body = _Body()
            if answer.is_success:
                raise Away("Linear's answer cannot be read") from error
        raise self._error(answer, body.errors or [])

    def _error(self, answer: httpx2.Response, errors: Sequence[_Error]) -> LinearError:
        status = answer.status_code
        codes = {error.extensions.get("code") for error in errors}
        types = {error.extensions.get("type") for error in errors}
        message = errors[0].message if errors else f"HTTP {status}"
        if status == httpx2.codes.TOO_MANY_REQUESTS or "RATELIMITED" in codes:
            return Limited(message, self._seconds(answer))
        if status in {401, 403} or codes & _OURS:
            return Denied(message)
        # What is wrong with a request Linear says in words; without any it was not Linear.
        if not errors or status >= 500 or types & _THEIRS:
            return Away(message)
        return Rejected(message)

    def _seconds(self, answer: httpx2.Response) -> float:
        """Each of its budgets (requests, complexity) has a moment, in milliseconds since 1970, at
        which it is full again."""
        moments = [
            int(answer.headers[name]) / 1_000 - self._now()
            for budget in ("requests", "complexity")
            if answer.headers.get(f"x-ratelimit-{budget}-remaining") == "0"
            and answer.headers.get(name := f"x-ratelimit-{budget}-reset", "").isdecimal()
        ]
        after = answer.headers.get("retry-after", "")
        wait = max([*moments, float(after)] if after.isdecimal() else moments, default=LIMITED_S)
        return min(max(wait, 1.0), LIMITED_MOST_S)
