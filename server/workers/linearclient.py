"""Linear's GraphQL interface, as far as incidents need it (linear.app/developers, late 2026)."""

import time
from collections.abc import Callable
from typing import Any
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
        nodes = (await self._ask(TEAM, {"filter": wanted}))["teams"]["nodes"]
        if not nodes:
            raise Denied(f"there is no team {key}" if key else "there is no team")
        return str(nodes[0]["id"])

    async def find(self, issue: UUID) -> Issue | None:
        """None: there is no such issue, or there is no more."""
        try:
            found = (await self._ask(FIND, {"id": str(issue)}))["issue"]
        except Rejected as error:
            if NOT_FOUND in str(error):
                return None
            raise
        states = sorted(found["team"]["states"]["nodes"], key=lambda state: state["position"])
        return Issue(
            url=found["url"],
            is_deleted=bool(found["trashed"]),
            is_ended=found["state"]["type"] in _ENDED,
            done=states[0]["id"] if states else None,
        )

    async def create(self, issue: UUID, team: str, **fields: Any) -> str:
        """Its address.

        Raises:
            Rejected: also where there is one with this id.
        """
        values = {"id": str(issue), "teamId": team, **fields}
        made = await self._ask(CREATE, {"input": values})
        return str(made["issueCreate"]["issue"]["url"])

    async def update(self, issue: UUID, **fields: Any) -> None:
        await self._ask(UPDATE, {"id": str(issue), "input": fields})

    async def comment(self, comment: UUID, issue: UUID, body: str) -> None:
        """
        Raises:
            Rejected: also where there is one with this id.
        """
        values = {"id": str(comment), "issueId": str(issue), "body": body}
        await self._ask(COMMENT, {"input": values})

    async def _ask(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
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
            body = msgspec.json.decode(answer.content) if answer.content else {}
        except (httpx2.HTTPError, OSError) as error:
            raise Away(f"Linear does not answer: {type(error).__name__}") from error
        except msgspec.DecodeError as error:
            body = {}
            if answer.is_success:
                raise Away("Linear's answer cannot be read") from error
        errors = body.get("errors") or [] if isinstance(body, dict) else []
        if answer.is_success and not errors:
            data: dict[str, Any] = body["data"]
            return data
        raise self._error(answer, errors)

    def _error(self, answer: httpx2.Response, errors: list[dict[str, Any]]) -> LinearError:
        details = [error.get("extensions") or {} for error in errors]
        codes = {detail.get("code") for detail in details}
        message = next(
            (str(error.get("message")) for error in errors), f"HTTP {answer.status_code}"
        )
        if answer.status_code == httpx2.codes.TOO_MANY_REQUESTS or "RATELIMITED" in codes:
            return Limited(message, self._seconds(answer))
        if answer.status_code in {401, 403} or codes & _OURS:
            return Denied(message)
        if answer.status_code >= 500 or {detail.get("type") for detail in details} & _THEIRS:
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
