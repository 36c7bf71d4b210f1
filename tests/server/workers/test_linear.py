"""Each incident is one issue in Linear, whatever fails meanwhile, and ends with it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import insert, select, update

from billing.alerttables import AlertRow
from server.domain.ids import new_id
from server.persistence.database import Database
from server.workers import linear
from server.workers.issuetext import issue_id
from server.workers.linear import AWAY_FIRST_S, AWAY_MOST_S, DENIED_S, LOOK_S, LinearTeller
from server.workers.linearclient import LinearClient
from tests.support.eventually import eventually
from tests.support.linear import KEY, Fault, LinearStub


class Scene:
    """Incidents in a database, and who tells of them."""

    def __init__(self, database: Database, stub: LinearStub, http: httpx2.AsyncClient) -> None:
        self.database, self.stub, self._http = database, stub, http
        self.now = 0.0
        self.teller = self.another()

    def another(self, team: str | None = "OPS") -> LinearTeller:
        client = LinearClient(self._http, self.stub.url, KEY)
        origin = "https://causerie.example"
        return LinearTeller(self.database, client, team=team, origin=origin, now=lambda: self.now)

    async def opens(self, **values: Any) -> UUID:
        id_ = new_id()
        row = {
            "id": id_,
            "kind": "cost_spike",
            "scope_kind": "creator",
            "scope_key": str(new_id()),
            "severity": "watch",
            "state": "open",
            "observed": "2.00 USD/min",
            "usual": "0.10 USD/min",
            "explanation": "It costs 20 times the usual.",
            "evidence": {},
            "since": datetime.now(UTC),
            **values,
        }
        async with self.database.transaction() as tx:
            await tx.execute(insert(AlertRow).values(row))
        return id_

    async def changes(self, id_: UUID, **values: Any) -> None:
        async with self.database.transaction() as tx:
            version = AlertRow.version + 1
            changed = update(AlertRow).where(AlertRow.id == id_).values(version=version, **values)
            await tx.execute(changed)

    async def closes(self, id_: UUID) -> None:
        await self.changes(id_, state="closed", closed_at=datetime.now(UTC))

    async def known(self, id_: UUID) -> tuple[str | None, bool]:
        """The address of its issue, and whether that says all there is."""
        async with self.database.snapshot() as tx:
            columns = AlertRow.issue_url, AlertRow.issue_version == AlertRow.version
            url, is_told = (await tx.execute(select(*columns).where(AlertRow.id == id_))).one()
        return url, is_told

    def issue(self, id_: UUID) -> dict[str, Any]:
        return self.stub.issues[str(issue_id(id_))]

    def comments(self) -> list[str]:
        return [comment["body"] for comment in self.stub.comments.values()]


@pytest_asyncio.fixture
async def scene(database: Database) -> AsyncIterator[Scene]:
    async with LinearStub() as stub, httpx2.AsyncClient() as http:
        yield Scene(database, stub, http)


async def test_an_incident_becomes_an_issue_once(scene: Scene) -> None:
    incident = await scene.opens()
    assert await scene.teller.tell_all() == LOOK_S
    asked = len(scene.stub.asked)
    await scene.teller.tell_all()
    assert len(scene.stub.asked) == asked
    assert await scene.known(incident) == (scene.issue(incident)["url"], True)
    assert scene.issue(incident)["priority"] == 2
    assert scene.comments() == []


async def test_it_changes_and_ends_with_it(scene: Scene) -> None:
    incident = await scene.opens()
    await scene.teller.tell_all()
    await scene.changes(incident, severity="high", observed="9.00 USD/min")
    await scene.teller.tell_all()
    assert scene.issue(incident)["priority"] == 1
    assert "9.00 USD/min" in scene.issue(incident)["description"]
    assert scene.issue(incident)["state"]["type"] == "backlog"
    await scene.closes(incident)
    await scene.teller.tell_all()
    assert scene.issue(incident)["state"]["id"] == "OPS-completed"
    assert await scene.known(incident) == (scene.issue(incident)["url"], True)
    assert [text[:10] for text in scene.comments()] == ["It goes on", "It is over"]


@pytest.mark.parametrize("fault", ["lost", "cut", "500", "odd", "internal"])
async def test_a_request_without_reply_makes_one_issue(scene: Scene, fault: Fault) -> None:
    incident = await scene.opens()
    scene.stub.fails(None, fault)  # its team is found, the issue is made
    assert await scene.teller.tell_all() == AWAY_FIRST_S
    assert await scene.known(incident) == (None, False)
    await scene.teller.tell_all()
    assert await scene.known(incident) == (scene.issue(incident)["url"], True)
    assert len(scene.stub.issues) == 1
    assert scene.comments() == []


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_wherever_a_reply_is_lost_everything_is_said_once(scene: Scene, place: int) -> None:
    incident = await scene.opens()
    await scene.teller.tell_all()
    await scene.changes(incident, observed="9.00 USD/min")
    scene.stub.fails(*[None] * place, "lost")  # it is found, updated, commented
    assert await scene.teller.tell_all() == AWAY_FIRST_S
    await scene.teller.tell_all()
    assert (await scene.known(incident))[1]
    assert "9.00 USD/min" in scene.issue(incident)["description"]
    assert len(scene.comments()) == len(scene.stub.issues) == 1


async def test_of_two_processes_one_tells(scene: Scene) -> None:
    incidents = [await scene.opens() for _ in range(5)]
    await asyncio.gather(*(scene.another().tell_all() for _ in range(4)))
    assert len(scene.stub.issues) == 5
    assert scene.stub.asked.count("Create") == 5
    assert all([(await scene.known(incident))[1] for incident in incidents])


async def test_an_outage_is_asked_after_less_and_less_often_and_told_once(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    incident = await scene.opens()
    faults: list[Fault] = ["500"] * 8
    scene.stub.fails(*faults)
    rests = [await scene.teller.tell_all() for _ in range(8)]
    assert rests == [min(AWAY_FIRST_S * 2**number, AWAY_MOST_S) for number in range(8)]
    assert [entry.message for entry in caplog.records].count("linear.not_told") == 1
    assert await scene.teller.tell_all() == LOOK_S
    assert (await scene.known(incident))[1]
    scene.stub.fails("500")
    await scene.opens()
    assert await scene.teller.tell_all() == AWAY_FIRST_S


async def test_too_many_requests_are_waited_out(scene: Scene) -> None:
    incident = await scene.opens()
    scene.stub.fails("ratelimited")
    assert await scene.teller.tell_all() == 60
    await scene.teller.tell_all()
    assert (await scene.known(incident))[1]


async def test_a_wrong_key_is_said_once_and_tried_again(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    incident = await scene.opens()
    scene.stub.key = "another"
    assert [await scene.teller.tell_all() for _ in range(3)] == [DENIED_S] * 3
    (entry,) = [entry for entry in caplog.records if entry.levelno == logging.ERROR]
    assert "key" in str(entry.__dict__["fields"])
    assert KEY not in str(entry.__dict__)
    scene.stub.key = KEY
    await scene.teller.tell_all()
    assert (await scene.known(incident))[1]


async def test_a_team_that_is_missing_may_come(scene: Scene) -> None:
    teller, incident = scene.another("NEW"), await scene.opens()
    assert await teller.tell_all() == DENIED_S
    scene.stub.add_team("NEW")
    await teller.tell_all()
    assert scene.issue(incident)["team"]["key"] == "NEW"


async def test_an_issue_that_was_deleted_stays_deleted(scene: Scene) -> None:
    trashed, gone = await scene.opens(), await scene.opens()
    await scene.teller.tell_all()
    scene.issue(trashed).update(trashed=True, title="Trash")
    del scene.stub.issues[str(issue_id(gone))]
    for incident in (trashed, gone):
        await scene.closes(incident)
    await scene.teller.tell_all()
    assert scene.issue(trashed)["title"] == "Trash"
    assert set(scene.stub.issues) == {str(issue_id(trashed))}
    assert (await scene.known(trashed))[1]
    assert (await scene.known(gone))[1]
    assert scene.comments() == []


async def test_an_issue_that_somebody_ended_stays_in_its_state(scene: Scene) -> None:
    incident = await scene.opens()
    await scene.teller.tell_all()
    scene.issue(incident)["state"] = scene.stub.state("canceled")
    await scene.closes(incident)
    await scene.teller.tell_all()
    assert scene.issue(incident)["state"]["type"] == "canceled"


async def test_what_opened_and_ended_during_an_outage_is_an_issue_that_is_done(
    scene: Scene,
) -> None:
    incident = await scene.opens()
    await scene.closes(incident)
    await scene.teller.tell_all()
    assert scene.issue(incident)["state"]["type"] == "completed"


async def test_what_was_over_before_anybody_had_linear_is_no_issue(scene: Scene) -> None:
    before = datetime.now(UTC) - timedelta(days=2)
    await scene.opens(state="closed", closed_at=before)
    await scene.teller.tell_all()
    assert scene.stub.asked == []


async def test_one_that_is_not_taken_is_in_nobody_s_way(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    refused, fine = await scene.opens(), await scene.opens()
    scene.stub.refused.add(str(issue_id(refused)))
    for _ in range(3):
        await scene.teller.tell_all()
    assert set(scene.stub.issues) == {str(issue_id(fine))}
    assert [entry.message for entry in caplog.records].count("linear.rejected") == 1
    scene.stub.refused.clear()
    scene.now += DENIED_S
    await scene.teller.tell_all()
    assert (await scene.known(refused))[1]


async def test_one_over_which_linear_stumbles_comes_after_all_others(scene: Scene) -> None:
    broken, fine = await scene.opens(), await scene.opens()
    scene.stub.failing.add(str(issue_id(broken)))
    for _ in range(3):
        assert await scene.teller.tell_all() <= AWAY_FIRST_S * 2
    assert set(scene.stub.issues) == {str(issue_id(fine))}
    scene.stub.failing.clear()
    assert await scene.teller.tell_all() == LOOK_S
    assert (await scene.known(broken))[1]


async def test_it_goes_on_for_ever(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "LOOK_S", 0.01)
    running = asyncio.create_task(scene.teller.run())
    try:
        for count in (1, 2):
            await scene.opens()
            await eventually(lambda: len(scene.stub.issues) == count)  # noqa: B023 - at once
    finally:
        running.cancel()
