"""What is known of a creator becomes what their agents are told, and nobody else's."""

from redis.asyncio import Redis

from agents.language.detection import LanguageDetector
from agents.team.contexts import Creator, Known
from agents.tokens import count_text
from knowledge import store
from knowledge.campaigns import link
from knowledge.hostdata import put_campaigns, put_subscriptions
from knowledge.network import AIKnowledgeNetwork
from server.domain.configuration import UNCONFIGURED, Configuration, ModerationLevel
from server.domain.ids import UserId, new_id
from server.domain.insights import InsightKind
from server.persistence.database import Database
from server.turns.briefing import INSIGHTS_TOKENS, Briefer
from tests.knowledge.hosts import campaign, subscription, usd
from tests.knowledge.scene import creator, new
from tests.server.accounts.people import START, TurnedClock

DETECTOR = LanguageDetector()


def briefer(database: Database, redis: Redis) -> Briefer:
    clock = TurnedClock()
    network = AIKnowledgeNetwork(database, redis, redis, clock=clock)
    return Briefer(database, network, DETECTOR, clock=clock)


async def learn(database: Database, who: UserId, *texts: str, kind: InsightKind) -> None:
    async with database.transaction() as tx:
        for text in texts:
            await store.add(tx, new_id(), who, new(text, 0.8, kind=kind), START)


async def test_of_a_new_creator_nothing_is_known(database: Database, redis: Redis) -> None:
    who = await creator(database)
    briefing = await briefer(database, redis).brief(who, UNCONFIGURED, about="Hello")
    assert briefing.known == Known()
    assert briefing.insights == ()
    assert briefing.models == {}


async def test_voice_figures_and_insights_are_told(database: Database, redis: Redis) -> None:
    who, other = await creator(database), await creator(database)
    async with database.transaction() as tx:
        await put_subscriptions(tx, who, [subscription("a", 9.99), subscription("b", 10)], START)
        await put_campaigns(tx, who, [campaign("spring", spent=usd(1.5))], START)
    await learn(database, who, "Fans ask for polls.", kind=InsightKind.FAN_PREFERENCE)
    await learn(database, who, "Bundles sell.", kind=InsightKind.SALES_TACTIC)
    configured = Configuration(
        name="Ada",
        language="fr",
        tone="warm",
        personality="Curious.",
        brand_voice="Short.",
        forbidden_topics=("politics",),
        models={"sales": "demo/causerie-demo"},
        moderation=ModerationLevel.RULES,
    )
    told = briefer(database, redis)
    briefing = await told.brief(who, configured, about="Do polls sell?")
    known = briefing.known
    assert known.creator == Creator(
        name="Ada",
        language="fr",
        tone="warm",
        personality="Curious.",
        brand_voice="Short.",
        forbidden_topics=("politics",),
    )
    figures = {figure.name: figure.value for figure in known.figures}
    assert figures["subscription revenue a month"] == "19.99 USD"
    assert figures["campaign Spring (onlyfans, active)"].startswith("spent 1.50 USD, ")
    assert {one.text for one in known.learned} == {"Fans ask for polls.", "Bundles sell."}
    assert len(briefing.insights) == 2
    assert briefing.models == {"sales": "demo/causerie-demo"}
    assert briefing.moderation is ModerationLevel.RULES

    only = await told.brief(
        who, configured, about="Do polls sell?", kinds=[InsightKind.SALES_TACTIC]
    )
    assert [one.text for one in only.known.learned] == ["Bundles sell."]
    assert (await told.brief(other, UNCONFIGURED, about="Do polls sell?")).known == Known()


async def test_what_is_linked_to_a_campaign_is_told_with_it(
    database: Database, redis: Redis
) -> None:
    who = await creator(database)
    tactic, timing = InsightKind.SALES_TACTIC, InsightKind.OPTIMAL_TIMING
    async with database.transaction() as tx:
        await put_campaigns(tx, who, [campaign("spring")], START)
        for said, sure, kind in (
            ("Polls sell.", 0.9, tactic),
            ("Coupons sell.", 0.05, tactic),  # too unsure to be found by its words
            ("Mail on Friday.", 0.05, timing),
            ("Somebody said: " + "more and " * 200, 0.05, tactic),
        ):
            kept = await store.add(tx, new_id(), who, new(said, sure, kind=kind), START)
            await link(tx, who, "spring", kept.id)
    told = briefer(database, redis)

    async def learned(*kinds: InsightKind) -> list[tuple[str, float]]:
        briefing = await told.brief(who, UNCONFIGURED, about="polls", kinds=kinds)
        assert len(set(briefing.insights)) == len(briefing.known.learned)
        return [(one.text, one.confidence) for one in briefing.known.learned]

    polls, friday = ("Polls sell.", 0.9), ("Campaign Spring: Mail on Friday.", 0.05)
    coupons = ("Campaign Spring: Coupons sell.", 0.05)
    assert await learned(tactic, timing) == [polls, friday, coupons]
    assert await learned(tactic) == [polls, coupons]


async def test_what_was_learned_fits_its_budget(database: Database, redis: Redis) -> None:
    who = await creator(database)
    texts = [f"In week {week}, photos of topic {week} sold best. " * 4 for week in range(40)]
    await learn(database, who, *texts, kind=InsightKind.SALES_TACTIC)
    learned = (
        await briefer(database, redis).brief(who, UNCONFIGURED, about="photos")
    ).known.learned
    assert 5 < len(learned) < 40
    assert sum(count_text(one.text) for one in learned) <= INSIGHTS_TOKENS


async def test_the_reader_s_language_is_that_in_which_they_write(
    database: Database, redis: Redis
) -> None:
    who = await creator(database)
    told = briefer(database, redis)

    async def language(configured: Configuration, *texts: str) -> str | None:
        briefing = await told.brief(who, configured, about="", fan_texts=texts)
        return briefing.known.reader_language

    spanish = "Hola guapa, ¿cuándo publicas fotos nuevas?"
    assert await language(Configuration(language="fr"), spanish) == "es"
    assert await language(Configuration(language="fr"), "ok") is None
    assert await language(Configuration(language="fr", is_fan_language=False), spanish) is None
    assert await language(UNCONFIGURED) is None
