"""A server that stands where Linear stands: its GraphQL interface on a real port, and its faults.

The schema is a part of the one that Linear publishes (github.com/linear/linear, schema.graphql), so
whatever we send is parsed and validated as it would be there.
"""

import asyncio
import json
from collections import deque
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias
from uuid import UUID

from graphql import GraphQLError, build_schema, graphql_sync

SCHEMA = build_schema("""
scalar DateTime

input StringComparator { eq: String in: [String!] neq: String nin: [String!] contains: String }
input TeamFilter {
  and: [TeamFilter!] or: [TeamFilter!] key: StringComparator name: StringComparator
}
input WorkflowStateFilter {
  and: [WorkflowStateFilter!] or: [WorkflowStateFilter!]
  name: StringComparator type: StringComparator team: TeamFilter
}
enum PaginationOrderBy { createdAt updatedAt }

type WorkflowState { id: ID! name: String! position: Float! type: String! team: Team! }
type WorkflowStateConnection { nodes: [WorkflowState!]! }
type Team {
  id: ID! key: String! name: String! archivedAt: DateTime
  states(
    after: String before: String filter: WorkflowStateFilter first: Int
    includeArchived: Boolean last: Int orderBy: PaginationOrderBy
  ): WorkflowStateConnection!
}
type TeamConnection { nodes: [Team!]! }
type Comment { id: ID! body: String! url: String! }
type Issue {
  id: ID! identifier: String! title: String! description: String priority: Float! url: String!
  trashed: Boolean archivedAt: DateTime state: WorkflowState! team: Team!
}

input IssueCreateInput {
  id: String title: String description: String priority: Int teamId: String! stateId: String
  assigneeId: String labelIds: [String!] projectId: String dueDate: String
}
input IssueUpdateInput {
  title: String description: String priority: Int teamId: String stateId: String
  assigneeId: String labelIds: [String!] trashed: Boolean
}
input CommentCreateInput { id: String body: String issueId: String parentId: String }

type IssuePayload { lastSyncId: Float! issue: Issue success: Boolean! }
type CommentPayload { lastSyncId: Float! comment: Comment! success: Boolean! }

type Query {
  issue(id: String!): Issue!
  teams(
    after: String before: String filter: TeamFilter first: Int
    includeArchived: Boolean last: Int orderBy: PaginationOrderBy
  ): TeamConnection!
}
type Mutation {
  issueCreate(input: IssueCreateInput!): IssuePayload!
  issueUpdate(id: String!, input: IssueUpdateInput!): IssuePayload!
  commentCreate(input: CommentCreateInput!): CommentPayload!
}
""")

Fault: TypeAlias = Literal[
    "cut", "lost", "500", "html", "portal", "404", "odd", "slow", "429", "ratelimited", "internal"
]
"""``lost``: the request is done, its reply is not sent. ``html``, ``portal`` and ``404`` come from
something in between, ``odd`` is JSON of another shape. ``ratelimited``: as Linear answers it."""

STATES = ("triage", "backlog", "unstarted", "started", "completed", "canceled")
KEY = "lin_api_a-secret-key"


class LinearStub:
    """``issues`` and ``comments`` by id; ``refused``: ids of issues that it never takes,
    ``failing``: over which it stumbles each time."""

    def __init__(self) -> None:
        self.teams: dict[str, dict[str, Any]] = {}
        self.issues: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, dict[str, Any]] = {}
        self.refused: set[str] = set()
        self.failing: set[str] = set()
        self.key = KEY
        self.reset_at = 0.0
        """Seconds since 1970, for answers to too many requests."""
        self.asked: list[str] = []
        """Names of the operations that came."""
        self._faults: deque[Fault | None] = deque()
        self._server: asyncio.Server | None = None
        self.add_team("OPS")

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/graphql"

    def fails(self, *faults: Fault | None) -> None:
        """The next requests do, in this order; None: not this one."""
        self._faults.extend(faults)

    def add_team(self, key: str) -> None:
        states = [
            {"id": f"{key}-{type_}", "name": type_, "type": type_, "position": float(-number)}
            for number, type_ in enumerate(STATES)
        ]
        # Teams may have several of a type; the first of them is where things go.
        states.append({"id": f"{key}-live", "name": "live", "type": "completed", "position": 99.0})
        self.teams[key] = {"id": f"team-{key}", "key": key, "name": key, "all": states}
        self.teams[key]["states"] = lambda _, filter=None, **_more: {
            "nodes": [s for s in states if not filter or s["type"] == filter["type"]["eq"]]
        }

    def state(self, type_: str, key: str = "OPS") -> dict[str, Any]:
        return next(state for state in self.teams[key]["all"] if state["type"] == type_)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
            headers = dict(line.split(": ", 1) for line in head[1:] if line)
            body = json.loads(await reader.readexactly(int(headers["content-length"])))
            fault = self._faults.popleft() if self._faults else None
            if fault == "slow":
                await asyncio.sleep(60)
            status, answer = self._answer(body, headers.get("authorization"), fault)
            if fault not in {"cut", "lost"}:
                writer.write(self._response(status, answer))
                await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    def _response(self, status: int, answer: Any) -> bytes:
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        head = [
            f"HTTP/1.1 {status} Said",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            f"X-RateLimit-Requests-Remaining: {0 if self.reset_at else 1}",
            f"X-RateLimit-Requests-Reset: {round(self.reset_at * 1_000)}",
            "Connection: close",
        ]
        return "\r\n".join([*head, "", ""]).encode() + body

    def _answer(
        self, body: dict[str, Any], key: str | None, fault: Fault | None
    ) -> tuple[int, Any]:
        if fault in SAID:
            return SAID[fault]
        if fault == "cut":
            return 0, None
        if key != self.key.lower():
            said = "Authentication required, not authenticated"
            return 401, _refusal(said, "AUTHENTICATION_ERROR", "authentication error")
        self.asked.append(body["query"].split()[1].partition("(")[0])
        done = graphql_sync(SCHEMA, body["query"], self._root(), variable_values=body["variables"])
        return (400 if done.errors else 200), dict(done.formatted)

    def _root(self) -> dict[str, Any]:
        return {
            "teams": self._teams,
            "issue": self._issue,
            "issueCreate": self._issue_create,
            "issueUpdate": self._issue_update,
            "commentCreate": self._comment_create,
        }

    def _teams(self, _: object, filter: Any = None, first: int = 50) -> dict[str, Any]:
        wanted = filter and filter["key"]["eq"]
        nodes = [team for key, team in self.teams.items() if wanted in {None, key}]
        return {"nodes": nodes[:first]}

    def _issue(self, _: object, id: str) -> dict[str, Any]:
        if id not in self.issues:
            raise _wrong("Entity not found: Issue - Could not find referenced Issue.")
        return self.issues[id]

    def _issue_create(self, _: object, input: dict[str, Any]) -> dict[str, Any]:
        id_ = _version_4(input["id"])
        if id_ in self.failing:
            raise GraphQLError("Oops", extensions={"type": "internal error"})
        if id_ in self.refused:
            raise _wrong("Argument Validation Error")
        if id_ in self.issues:
            raise _wrong("Conflict on insert of Issue: it exists already")
        team = next((t for t in self.teams.values() if t["id"] == input["teamId"]), None)
        if team is None:
            raise _wrong("Entity not found: Team - Could not find referenced Team.")
        number = len(self.issues) + 1
        self.issues[id_] = {
            **input,
            "url": f"https://linear.test/{team['key']}-{number}",
            "team": team,
            "state": self.state("backlog", team["key"]),
            "trashed": None,
        }
        return {"success": True, "lastSyncId": number, "issue": self.issues[id_]}

    def _issue_update(self, info: object, id: str, input: dict[str, Any]) -> dict[str, Any]:
        issue = self._issue(info, id)
        if "stateId" in input:
            states = {state["id"]: state for state in issue["team"]["all"]}
            if input["stateId"] not in states:
                raise _wrong("The state is of another team")
            issue["state"] = states[input["stateId"]]
        issue.update(input)
        return {"success": True, "lastSyncId": 1, "issue": issue}

    def _comment_create(self, info: object, input: dict[str, Any]) -> dict[str, Any]:
        self._issue(info, input["issueId"])
        id_ = _version_4(input["id"])
        if id_ in self.comments:
            raise _wrong("Conflict on insert of Comment: it exists already")
        self.comments[id_] = {**input, "url": "https://linear.test/comment"}
        return {"success": True, "lastSyncId": 1, "comment": self.comments[id_]}


def _version_4(text: str) -> str:
    if UUID(text).version != 4:
        raise _wrong("Argument Validation Error: id must be a UUID")
    return text


def _wrong(message: str) -> GraphQLError:
    said = {"type": "invalid input", "code": "INPUT_ERROR", "statusCode": 400, "userError": True}
    return GraphQLError(message, extensions=said)


def _refusal(message: str, code: str, type_: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code, "type": type_}}]}


SAID: dict[Fault | None, tuple[int, Any]] = {
    "500": (500, b""),
    "html": (502, b"<html>Bad gateway</html>"),
    "portal": (200, b"<html>Sign in</html>"),
    "404": (404, b""),
    "odd": (200, {"data": {"teams": None, "issueCreate": {"success": False, "issue": None}}}),
    "429": (429, b""),
    "ratelimited": (400, _refusal("Rate limit exceeded", "RATELIMITED", "ratelimited")),
    "internal": (200, _refusal("Oops", "INTERNAL_SERVER_ERROR", "internal error")),
}
