"""The rules over HTTP: seen, and what admins chose instead of the settings."""

from typing import Any

import pytest

from server.accounts.access import Scope
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error
from tests.server.routes.test_prices import shop

RULES = "/api/admin/alerts/rules"


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("cost_spike", "atLeast", "3 times the usual"),
        ("request_burst", "pauses", "nobody"),
        ("daily_cost", "cost", "200 USD"),
        ("provider_errors", "share", "5 %"),
        ("dead_letters", "events", "1 event"),
    ],
)
async def test_the_rules_in_force_are_told(
    migrated: EngineUrls, database: Database, kind: str, name: str, text: str
) -> None:
    async with shop(migrated, [Scope.ADMIN_READ]) as (_, admin):
        told: dict[str, Any] = data(await admin.get(RULES))
        (rule,) = [rule for rule in told["rules"] if rule["kind"] == kind]
        assert rule["enabled"] is True
        assert rule["thresholds"][name] == text
        assert (told["everySeconds"], told["quietMinutes"], told["grownPercent"]) == (10, 10, 25)


async def test_a_figure_is_chosen_audited_and_as_settings_have_it_again(
    migrated: EngineUrls, database: Database
) -> None:
    async with shop(migrated) as (_, admin):
        before = data(await admin.get(RULES))
        assert (before["chosen"], before["chosenAt"], before["chosenBy"]) == ([], None, None)
        body = {"dailyCostUsd": "12.50", "burstBlockMinutes": 15}
        after = data(await admin.patch(RULES, json=body))
        assert after["figures"] == {
            "dailyCostUsd": "12.5",
            "errorPercent": 5,
            "burstBlockMinutes": 15,
        }
        assert after["chosen"] == ["dailyCostUsd", "burstBlockMinutes"]
        assert after["settings"] == before["figures"]
        (daily,) = [rule for rule in after["rules"] if rule["kind"] == "daily_cost"]
        assert daily["thresholds"] == {"cost": "12.5 USD"}
        never = data(await admin.patch(RULES, json={"dailyCostUsd": None}))
        assert never["figures"]["dailyCostUsd"] is None
        reset = data(
            await admin.patch(RULES, json={"reset": ["dailyCostUsd", "burstBlockMinutes"]})
        )
        assert (reset["figures"], reset["chosen"]) == (before["figures"], [])
        entries = data(await admin.get("/api/admin/audit?action=alerts.rules"))["items"]
        assert [entry["after"]["dailyCostUsd"] for entry in entries] == ["200", None, "12.5"]
        # The same again is no change.
        data(await admin.patch(RULES, json={"reset": ["errorPercent"]}))
        again = data(await admin.get("/api/admin/audit?action=alerts.rules"))["items"]
        assert len(again) == len(entries)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"dailyCostUsd": "much"}, "$.dailyCostUsd"),
        ({"dailyCostUsd": "-1"}, "$.dailyCostUsd"),
        ({"errorPercent": 0}, "$.errorPercent"),
        ({"errorPercent": 101}, "$.errorPercent"),
        ({"burstBlockMinutes": 1_441}, "$.burstBlockMinutes"),
        ({"errorPercent": 6, "reset": ["errorPercent"]}, "$.reset[0]"),
        ({"reset": ["everything"]}, "$.reset[0]"),
    ],
)
async def test_what_is_no_figure_is_refused(
    migrated: EngineUrls, body: dict[str, Any], path: str
) -> None:
    async with shop(migrated) as (_, admin):
        refused = error(await admin.patch(RULES, json=body), 400, "invalid")
        assert refused["path"] == path


async def test_a_key_that_reads_chooses_nothing(migrated: EngineUrls) -> None:
    async with shop(migrated, [Scope.ADMIN_READ]) as (_, admin):
        error(await admin.patch(RULES, json={"errorPercent": 6}), 403, "forbidden")
