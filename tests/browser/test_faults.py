"""What goes wrong beside the page: it says what happened, what it cost, and what can be done."""

import signal
from collections.abc import AsyncIterator

import psutil
import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect
from sqlalchemy import text

from server.local.engines import EngineUrls
from tests.browser.conftest import Visit, VisitMaker, stubbed
from tests.browser.test_connection import Line
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LONG = Play(tokens=4000, gap=0.005, burst=8)
SLOW = Play(tokens=400, gap=0.05)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def live_server(
    engines: EngineUrls, provider: OpenAIStub, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LiveServer]:
    async with stubbed(engines, tmp_path_factory.mktemp("faults"), provider, "faults") as server:
        yield server


@pytest.fixture(autouse=True)
def _nothing_queued(provider: OpenAIStub) -> None:
    provider.forget_plays()


def offered(one: Visit, name: str) -> Locator:
    return one.chat.notices.last.locator("button, a").filter(has_text=name)


async def test_who_answers_instead_is_named(visit: VisitMaker, provider: OpenAIStub) -> None:
    one = await visit()
    provider.plays(Play(status=500))
    answer = await one.chat.ask("Say something")
    await expect(answer).to_contain_text("stub-model did not answer. backup-model continues.")
    await one.shot("fault-failover")


async def test_both_providers_down_before_and_after_the_first_words(
    visit: VisitMaker, provider: OpenAIStub
) -> None:
    one = await visit()
    provider.plays(Play(status=500), Play(status=500))
    await one.chat.ask("Say something")
    await expect(one.chat.notices.last).to_contain_text(
        "No answer. The AI provider had an error. Nothing was charged."
    )
    await expect(offered(one, "Try again")).to_be_visible()
    await expect(offered(one, "Try another model")).to_be_visible()
    provider.plays(Play(tokens=40, cut=20))
    await one.chat.ask("Say more")
    await expect(one.chat.notices.last).to_contain_text("The answer breaks off here.")
    await expect(offered(one, "Continue")).to_be_visible()
    await one.shot("fault-provider")


async def test_credits_that_run_out_end_the_answer_in_words(
    visit: VisitMaker, live_server: LiveServer, provider: OpenAIStub
) -> None:
    one = await visit()
    me = await one.chat.api("/api/auth/me")
    async with live_server.database() as (_, database), database.transaction() as tx:
        await tx.execute(
            text("UPDATE accounts SET balance = 25000000 WHERE owner_id = :id"), {"id": me["id"]}
        )
    await one.page.reload()
    provider.plays(LONG)
    await one.chat.say("Tell me everything")
    await one.chat.ended(0)
    await one.shot("fault-credits")
    await expect(one.chat.notices.last).to_contain_text(
        "Your credits are used up, so the answer ends here."
    )
    await expect(offered(one, "See credits and plans")).to_be_visible()


async def test_a_quota_that_runs_out_ends_the_answer_in_words(
    visit: VisitMaker, provider: OpenAIStub
) -> None:
    one = await visit()
    await limit(one, monthlyUsd="0.03")
    await one.page.reload()
    provider.plays(LONG)
    await one.chat.say("Tell me everything")
    await one.shot("fault-quota")
    await one.chat.ended(0)
    await expect(one.chat.notices.last).to_contain_text(
        "This month's quota is used up, so the answer ends here."
    )
    await one.chat.say("And now?")
    refusal = one.page.locator("causerie-refusal")
    await expect(refusal).to_contain_text("month's quota")
    await expect(refusal).to_contain_text("It starts again on")
    await expect(refusal.get_by_role("link", name="See credits and plans")).to_be_visible()
    await one.shot("fault-quota-refused")


async def limit(one: Visit, **own: object) -> None:
    """A limit of their own, as the settings' page sets it."""
    limits = {"monthlyUsd": None, "requestsPerHour": None, "runningTurns": None, **own}
    answer = await one.page.request.put(
        one.origin + "/api/limits", data=limits, headers={"origin": one.origin}
    )
    assert answer.ok, await answer.text()


async def test_too_many_answers_at_once_and_a_paused_model(
    visit: VisitMaker, live_server: LiveServer, provider: OpenAIStub
) -> None:
    one = await visit()
    await limit(one, runningTurns=1)
    provider.plays(SLOW)
    await one.chat.say("Slowly")
    await one.chat.writing(20)
    two = await visit(like=one)
    await two.chat.say("At the same time")
    refusal = two.page.locator("causerie-refusal")
    await expect(refusal).to_contain_text("Too many answers are being written at once.")
    await two.shot("fault-turns")
    await one.chat.stop.click()
    await expect(one.chat.notices).to_contain_text("Stopped.")
    admin = await live_server.new_key(role="admin")
    async with live_server.http(admin) as http:
        pause = {"scope": "model", "key": "openai/stub-model", "reason": "Too dear.", "minutes": 5}
        made = (await http.post("/api/admin/pauses", json=pause)).raise_for_status().json()
        try:
            await one.chat.say("Is it paused?")
            told = one.page.locator("causerie-refusal")
            await expect(told).to_contain_text(
                "The operators have paused this model: Too dear. Choose another one."
            )
            await one.shot("fault-paused")
        finally:
            path = f"/api/admin/pauses/{made['data']['id']}"
            (await http.delete(path)).raise_for_status()
    await told.get_by_role("button", name="Try again").click()
    await one.chat.ended(1)


async def test_a_busy_server_is_waited_for_and_asked_again(visit: VisitMaker) -> None:
    one, line = await visit(), Line()
    line.refusals = [("overloaded", 2), ("rate_limited", 1)]
    await line.take(one)
    await one.chat.say("Are you there?")
    refusal = one.page.locator("causerie-refusal")
    await expect(refusal).to_contain_text("The server is busy.")
    await expect(refusal).to_contain_text("Sends itself in")
    await expect(refusal).to_contain_text("Too many requests in a short time.")
    await one.chat.ended(0)
    await expect(refusal).to_have_count(0)
    await expect(one.page.locator("causerie-message article.user")).to_have_count(1)


async def test_two_windows_follow_one_answer_and_either_stops_it(
    visit: VisitMaker, provider: OpenAIStub
) -> None:
    one = await visit()
    provider.plays(SLOW)
    await one.chat.say("Slowly")
    await one.chat.writing(20)
    two = await visit(f"/chat/{one.chat.conversation}", like=one)
    await two.chat.writing(20)
    await two.chat.stop.click()
    for each in (one, two):
        await expect(each.chat.notices).to_contain_text("Stopped.")
        await expect(each.chat.stop).to_be_hidden()
    first, second = [await each.chat.html(each.chat.answers.first) for each in (one, two)]
    assert first == second


async def test_while_billing_stands_still_pages_go_on_and_figures_follow(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit()
    children = psutil.Process(live_server.pid).children(recursive=True)
    (billing,) = [child for child in children if "billing" in child.cmdline()]
    billing.send_signal(signal.SIGSTOP)
    try:
        await one.chat.ask("Say something")
        await expect(one.page.locator("causerie-quota .credits")).not_to_have_text("1,000")
        await one.page.goto(one.origin + "/usage")
        await one.page.wait_for_load_state("networkidle")
        await expect(one.page.locator("causerie-usage [role=alert]")).to_have_count(0)
        await one.shot("fault-billing")
    finally:
        billing.send_signal(signal.SIGCONT)

    async def is_counted() -> bool:
        return bool((await one.chat.api("/api/ai/usage"))["totals"]["calls"] == 1)

    await eventually(is_counted, 30)
    await one.page.reload()
    await expect(one.page.locator("causerie-usage")).to_contain_text("stub-model")


HELD = """
() => {
  const { balance, quota } = document.querySelector("causerie-app").client.session.value;
  return [balance.held, quota.heldUsd];
}
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_server_that_starts_again_finds_the_page_waiting(
    visit: VisitMaker, live_server: LiveServer, provider: OpenAIStub, number: int
) -> None:
    one = await visit()
    provider.plays(SLOW)
    await one.chat.say("Slowly")
    await one.chat.writing(40)
    await one.chat.box.fill("Half a thought")
    await live_server.stop(number)
    link = one.page.locator("causerie-link-state").get_by_role("status")
    await expect(link).to_have_text("Connection lost. Trying again.")
    await one.shot(f"fault-restart-{number}")
    written = await one.chat.answers.first.locator(".md").inner_text()
    await live_server.start()
    await expect(link).to_have_text("Connected", timeout=30_000)
    await expect(one.chat.notices).to_contain_text(
        "The answer breaks off here. The server", timeout=60_000
    )
    await one.shot(f"fault-restarted-{number}")
    text = await one.chat.answers.first.locator(".md").inner_text()
    assert text.startswith(written[:40])
    await expect(one.chat.box).to_have_value("Half a thought")
    await expect(offered(one, "Continue")).to_be_visible()

    async def is_released() -> bool:
        return bool(await one.page.evaluate(HELD) == ["0", "0"])

    await eventually(is_released)
    one.trouble = [line for line in one.trouble if "ERR_CONNECTION_REFUSED" not in line]
    await one.chat.ask("Go on")
