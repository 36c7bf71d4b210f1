"""Paths and methods: what is there, what is not, and how that is told."""

from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.routes.catalogue import OPERATIONS
from server.routes.operations import Access
from tests.server.routes.site import data, error, web


async def test_a_wrong_method_is_told_with_those_that_work(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        answer = await site.client.put("/api/conversations", json={})
        error(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
        options = await site.client.options("/api/conversations")
        assert (options.status_code, options.headers["allow"]) == (204, answer.headers["allow"])


async def test_head_answers_as_get_without_a_body(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        head = await program.head("/api/auth/me")
        get = await program.get("/api/auth/me")
        assert (head.status_code, head.content) == (200, b"")
        assert abs(int(head.headers["content-length"]) - len(get.content)) < 8


async def test_a_wrong_path_is_told_in_the_envelope(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        for path in ("/api", "/api/", "/api/nothing", "/api/conversations/", "/healthz/x", "/v1/x"):
            error(await site.client.get(path, headers={"Accept": "text/html"}), 404, "not_found")


async def test_a_key_path_answers_strangers_with_nothing_but_401(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        for operation in OPERATIONS:
            if operation.access is Access.PUBLIC:
                continue
            path = operation.path
            while "{" in path:
                start, _, rest = path.partition("{")
                path = f"{start}00000000-0000-7000-8000-000000000000{rest.partition('}')[2]}"
            answer = await site.client.request(operation.method, path, content=b"{nonsense")
            said = error(answer, 401, "unauthenticated")
            assert "path" not in said
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_operations_have_names_of_their_own(migrated: EngineUrls, database: Database) -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    places = [(operation.method, operation.path) for operation in OPERATIONS]
    assert len(set(places)) == len(places)


async def test_an_operation_without_parameters_takes_none(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        answer = await program.get("/api/auth/me?verbose=1")
        assert error(answer, 400, "invalid")["path"] == "$query.verbose"
        twice = await program.get("/api/presets?limit=1&limit=2")
        assert error(twice, 400, "invalid")["path"] == "$query.limit"
        body = await program.post("/api/ws-tickets", json={"for": "me"})
        error(body, 400, "invalid")
        data(await program.post("/api/ws-tickets", json={}), 201)
