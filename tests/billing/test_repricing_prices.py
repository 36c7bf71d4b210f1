"""Whatever prices are put right one after another: charges only fall, costs are the last one's."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.pricing import charge, cost
from billing.reconcile import check
from server.domain.money import MicroCredits, PicoUsd
from server.domain.usage import Price, Usage
from server.local.engines import EngineUrls
from server.persistence.database import open_database
from tests.billing import books
from tests.billing.support import PER_USD
from tests.billing.test_repricing import done, order, play, rows, told
from tests.conftest import empty


def test_any_prices_in_any_order_only_ever_lower_what_was_charged(migrated: EngineUrls) -> None:
    picos = st.integers(0, 3_000_000).map(PicoUsd)
    prices = st.builds(Price, input=picos, output=picos, multiplier_ppm=st.integers(0, 3_000_000))
    with asyncio.Runner() as runner:
        opened = open_database(migrated.database_url, pool_size=1)
        database = runner.run(opened.__aenter__())

        async def holds(tokens: list[int], changes: list[Price]) -> None:
            await empty(database)
            await play(database, *tokens)
            left = [
                charge(cost(Usage(input_tokens=used, output_tokens=0), books.PRICE), 10**6, PER_USD)
                for used in tokens
            ]
            for price in changes:
                usages = [Usage(input_tokens=used, output_tokens=0) for used in tokens]
                costs = [cost(usage, price) for usage in usages]
                owed = [charge(one, price.multiplier_ppm, PER_USD) for one in costs]
                expected = [min(one, two) for one, two in zip(left, owed, strict=True)]
                seen, sums = await told(database, order(price)), await done(database, order(price))
                assert sums == seen
                assert sums.back == MicroCredits(sum(left) - sum(expected))
                left = expected
                ((spent, charged),) = await rows(
                    database, "SELECT cost_usd, charged FROM monthly_charges"
                )
                assert (spent, charged) == (sum(costs), sum(left))
            assert await check(database) == []

        @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            st.lists(st.integers(1, 2_000), min_size=1, max_size=3),
            st.lists(prices, min_size=1, max_size=4),
        )
        def run(tokens: list[int], changes: list[Price]) -> None:
            runner.run(holds(tokens, changes))

        try:
            run()
        finally:
            runner.run(empty(database))
            runner.run(opened.__aexit__(None, None, None))
