"""Tables go out as they are read: whole, or visibly not; and nobody keeps what it has borrowed."""

import asyncio
from collections.abc import Iterable, MutableMapping
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request

from server.accounts.endings import Endings
from server.domain.errors import Invalid, RateLimited, ServiceUnavailable
from server.persistence.database import Database
from server.persistence.prepared import Prepared
from server.routes import csvs
from server.routes.csvs import Downloads, Write, wants_csv
from server.routes.streams import Streams
from tests.server.routes.test_streams import caller
from tests.support.bells import still_bell
from tests.support.eventually import eventually

NUMBERS = Prepared(
    "SELECT generate_series(1, :most) AS n, '=' || generate_series(1, :most) AS text"
)


class Client:
    """One end of a connection. ``room``: unset while it does not read."""

    def __init__(self) -> None:
        self.messages: list[MutableMapping[str, Any]] = []
        self.room = asyncio.Event()
        self.room.set()
        self.gone = asyncio.Event()

    async def receive(self) -> MutableMapping[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        await self.room.wait()
        self.messages.append(message)

    @property
    def is_whole(self) -> bool:
        return bool(self.messages) and self.messages[-1].get("more_body") is False

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.messages).decode()


def desk() -> tuple[Downloads, Endings]:
    endings = Endings(still_bell())
    return Downloads(Streams(endings, lambda _: lambda: None)), endings


async def ask(downloads: Downloads, client: Client, fill: csvs.Fill, method: str = "GET") -> None:
    answer = downloads.csv(caller(), "numbers", ("n", "text"), fill)
    await answer({"type": "http", "method": method}, client.receive, client.send)


async def nothing(write: Write) -> None:
    await write(())


async def forever(write: Write) -> None:
    while True:
        await write([(1, "one")] * 1_000)
        await asyncio.sleep(0)


async def test_a_long_table_comes_by_a_cursor_piece_by_piece(database: Database) -> None:
    downloads, client = desk()[0], Client()

    async def fill(write: Write) -> None:
        async with database.snapshot() as tx:
            async for rows in NUMBERS.batches(tx, csvs.ROWS, most=501):
                await write(rows)

    await ask(downloads, client, fill)
    start, *bodies = client.messages
    headers = dict(start["headers"])
    assert (start["status"], headers[b"content-type"]) == (200, b"text/csv; charset=utf-8")
    assert headers[b"content-disposition"].startswith(b'attachment; filename="numbers.csv"')
    assert b"content-length" not in headers
    assert (len(bodies), client.is_whole) == (7, True)
    lines = client.text.split("\r\n")
    assert lines[:2] == ["n,text", "1,'=1"]
    assert lines[-2:] == ["501,'=501", ""]


async def test_a_table_without_rows_has_its_header() -> None:
    client = Client()
    await ask(desk()[0], client, nothing)
    assert (client.text, client.is_whole) == ("n,text\r\n", True)


async def test_whoever_asks_for_the_head_gets_no_rows() -> None:
    client = Client()
    await ask(desk()[0], client, forever, "HEAD")
    assert (client.messages[0]["status"], client.is_whole) == (200, True)


async def test_what_fails_before_the_first_row_is_an_answer_of_its_own() -> None:
    client = Client()

    async def fill(write: Write) -> None:
        raise Invalid("No.")

    with pytest.raises(Invalid):
        await ask(desk()[0], client, fill)
    assert client.messages == []


async def test_what_fails_in_the_middle_never_looks_whole() -> None:
    client = Client()

    async def fill(write: Write) -> None:
        await write([(1, "one")])
        raise Invalid("No.")

    with pytest.raises(Invalid):
        await ask(desk()[0], client, fill)
    assert client.text == "n,text\r\n1,one\r\n"
    assert not client.is_whole


async def test_a_reader_that_leaves_frees_its_connection(database: Database) -> None:
    downloads, client = desk()[0], Client()

    async def fill(write: Write) -> None:
        async with database.snapshot() as tx:
            async for rows in NUMBERS.batches(tx, 10, most=10**9):
                await write(rows)

    running = asyncio.create_task(ask(downloads, client, fill))
    await eventually(lambda: len(client.messages) > 3)
    client.gone.set()
    with pytest.raises(ClientDisconnect):
        await running
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of its kind
    again = Client()
    await ask(downloads, again, nothing)
    assert again.is_whole


async def test_a_reader_that_stops_reading_is_given_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csvs, "SEND_S", 0.05)
    client = Client()

    async def fill(write: Write) -> None:
        async with database.snapshot() as tx:
            async for rows in NUMBERS.batches(tx, 10, most=10**9):
                client.room.clear() if len(client.messages) > 3 else None
                await write(rows)

    with pytest.raises(ClientDisconnect):
        await ask(desk()[0], client, fill)
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of its kind


async def test_a_download_ends_with_the_time_it_has_and_with_its_credential(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    downloads, endings = desk()
    who, client = caller(), Client()
    answer = downloads.csv(who, "numbers", ("n", "text"), forever)
    running = asyncio.create_task(
        answer({"type": "http", "method": "GET"}, client.receive, client.send)
    )
    await eventually(lambda: len(client.messages) > 3)
    endings.tell(who.user_id, who.credential_id)
    with pytest.raises(ServiceUnavailable):
        await running
    assert not client.is_whole
    monkeypatch.setattr(csvs, "DOWNLOAD_S", 0.05)
    late = Client()
    with pytest.raises(ServiceUnavailable):
        await ask(downloads, late, forever)
    assert not late.is_whole


async def test_one_more_than_may_run_is_told_when_to_come_back() -> None:
    downloads = desk()[0]
    clients = [Client() for _ in range(csvs.AT_ONCE)]
    running = [asyncio.create_task(ask(downloads, one, forever)) for one in clients]
    await eventually(lambda: all(one.messages for one in clients))
    with pytest.raises(RateLimited) as refusal:
        await ask(downloads, Client(), nothing)
    assert refusal.value.retry_after == csvs.COME_BACK_S
    clients[0].gone.set()
    with pytest.raises(ClientDisconnect):
        await running[0]
    await ask(downloads, Client(), nothing)
    for client in clients:
        client.gone.set()
    await asyncio.wait(running)


async def test_nobody_runs_two_at_once() -> None:
    downloads, who, client = desk()[0], caller(), Client()
    scope = {"type": "http", "method": "GET"}
    first = downloads.csv(who, "numbers", ("n", "text"), forever)
    running = asyncio.create_task(first(scope, client.receive, client.send))
    await eventually(lambda: client.messages)
    second, late = downloads.csv(who, "numbers", ("n", "text"), nothing), Client()
    with pytest.raises(RateLimited):
        await second(scope, late.receive, late.send)
    client.gone.set()
    await asyncio.wait([running])
    await second(scope, late.receive, late.send)
    assert late.is_whole


@pytest.mark.parametrize(
    ("path", "accepts", "wants"),
    [
        ("/costs", "text/csv", True),
        ("/costs", "application/json, TEXT/CSV; q=0.9", True),
        ("/costs.csv", "*/*", True),
        ("/costs", "*/*", False),
        ("/costs", "application/json", False),
    ],
)
def test_a_table_is_asked_for_by_name(path: str, accepts: str, wants: bool) -> None:
    headers: Iterable[tuple[bytes, bytes]] = [(b"accept", accepts.encode())]
    request = Request({"type": "http", "path": path, "headers": list(headers)})
    assert wants_csv(request) is wants
