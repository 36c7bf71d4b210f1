"""What we ask of Linear, and what we make of its answers."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio

from server.workers import linearclient
from server.workers.linearclient import Away, Denied, Issue, Limited, LinearClient, Rejected
from tests.support.linear import KEY, Fault, LinearStub

NOW = 1_800_000_000.0
FIELDS = {"title": "Costs", "description": "Far above.", "priority": 1}


@pytest_asyncio.fixture
async def linear() -> AsyncIterator[LinearStub]:
    async with LinearStub() as stub:
        yield stub


@pytest_asyncio.fixture
async def client(linear: LinearStub) -> AsyncIterator[LinearClient]:
    async with httpx2.AsyncClient() as http:
        yield LinearClient(http, linear.url, KEY, now=lambda: NOW)


async def test_an_issue_is_made_found_changed_and_spoken_of(
    linear: LinearStub, client: LinearClient
) -> None:
    linear.add_team("OTHER")
    issue, comment = uuid4(), uuid4()
    url = await client.create(issue, await client.team("OTHER"), **FIELDS)
    made = Issue(url=url, is_deleted=False, is_ended=False, done="OTHER-completed")
    assert await client.find(issue) == made
    await client.update(issue, title="Costs again", stateId="OTHER-completed")
    await client.comment(comment, issue, "It is over.")
    assert linear.issues[str(issue)]["title"] == "Costs again"
    assert linear.comments[str(comment)]["body"] == "It is over."
    found = await client.find(issue)
    assert found is not None
    assert found.is_ended


async def test_without_a_name_the_first_team_is_taken(
    linear: LinearStub, client: LinearClient
) -> None:
    linear.add_team("OTHER")
    assert await client.team(None) == await client.team("OPS")


async def test_a_team_that_is_not_there_is_a_setting_to_mend(client: LinearClient) -> None:
    with pytest.raises(Denied, match="NONE"):
        await client.team("NONE")


async def test_what_is_not_there_is_found_by_nobody(
    linear: LinearStub, client: LinearClient
) -> None:
    assert await client.find(uuid4()) is None


async def test_an_id_can_be_used_once(linear: LinearStub, client: LinearClient) -> None:
    issue, team = uuid4(), await client.team("OPS")
    await client.create(issue, team, **FIELDS)
    with pytest.raises(Rejected):
        await client.create(issue, team, **FIELDS)
    await client.comment(issue, issue, "One.")
    with pytest.raises(Rejected):
        await client.comment(issue, issue, "Two.")
    assert len(linear.issues) == len(linear.comments) == 1


@pytest.mark.parametrize(
    "fault", ["cut", "lost", "500", "html", "portal", "404", "odd", "internal"]
)
async def test_what_is_no_fault_of_ours_passes(
    linear: LinearStub, client: LinearClient, fault: Fault
) -> None:
    linear.fails(fault)
    with pytest.raises(Away):
        await client.team("OPS")
    assert await client.team("OPS")


async def test_nobody_waits_for_an_answer_for_ever(
    linear: LinearStub, client: LinearClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linearclient, "ANSWER_S", 0.1)
    linear.fails("slow")
    with pytest.raises(Away):
        await client.team("OPS")


async def test_nobody_there_is_an_outage() -> None:
    async with httpx2.AsyncClient() as http:
        with pytest.raises(Away):
            await LinearClient(http, "http://127.0.0.1:1/graphql", KEY).team("OPS")


@pytest.mark.parametrize("fault", ["429", "ratelimited"])
@pytest.mark.parametrize(
    ("reset_after", "seconds"), [(90, 90), (-5, 1), (86_400, 3_600), (None, 60)]
)
async def test_too_many_requests_say_when_there_is_room_again(
    linear: LinearStub,
    client: LinearClient,
    fault: Fault,
    reset_after: float | None,
    seconds: float,
) -> None:
    linear.reset_at = 0.0 if reset_after is None else NOW + reset_after
    linear.fails(fault)
    with pytest.raises(Limited) as limited:
        await client.team("OPS")
    assert limited.value.seconds == seconds


async def test_a_wrong_key_is_said_and_never_repeated(
    linear: LinearStub, client: LinearClient
) -> None:
    linear.key = "another"
    with pytest.raises(Denied) as denied:
        await client.team("OPS")
    assert KEY not in str(denied.value)


async def test_a_request_that_is_wrong_by_itself_is_rejected(
    linear: LinearStub, client: LinearClient
) -> None:
    with pytest.raises(Rejected):
        await client.create(uuid4(), await client.team("OPS"), nonsense=1)
    assert linear.issues == {}
