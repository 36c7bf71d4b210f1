"""What is learned of an answer stands in it or in the request, and is little."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.lessons import LESSONS_MAX, SAID, TEXT_CHARACTERS, lessons
from agents.team.contexts import (
    Analysis,
    Creator,
    Fan,
    FanMessage,
    Figure,
    Known,
    Performance,
    ReplyIdeas,
    SalesWish,
)
from agents.team.outputs import (
    FanReply,
    Insight,
    Pattern,
    PerformanceAnalysis,
    ReplySuggestions,
    SalesAdvice,
    TacticUsed,
)
from server.domain.insights import InsightKind, NewInsight

REPLY = FanReply(response="Thank you!", upsell_suggestions=(), tactics=(), confidence=0.9)
FRENCH = Known(creator=Creator(language="en"), reader_language="fr")


def analysis(
    insights: tuple[Insight, ...] = (), patterns: tuple[Pattern, ...] = (), confidence: float = 0.5
) -> PerformanceAnalysis:
    return PerformanceAnalysis(
        insights=insights,
        recommendations=(),
        patterns=patterns,
        predictions=(),
        confidence=confidence,
    )


def measured(about: Analysis | None = None, *, is_known: bool = True) -> Performance:
    return Performance(
        platforms=("instagram",),
        content_types=("photo",),
        timeframe="30 days",
        metrics=(Figure(name="likes", value="120"),) if is_known else (),
        analysis=about,
    )


def sold(*tactics: TacticUsed) -> SalesAdvice:
    return SalesAdvice(
        message="Hello",
        tactics=tactics,
        suggested_price=None,
        expected_conversion_rate=0.1,
        alternative_messages=(),
        confidence=0.8,
    )


@pytest.mark.parametrize(
    ("message", "quoted"),
    [
        ("Hey! I love the beach videos, so calm. Bye", "I love the beach videos, so calm"),
        ("My favourite was the red dress!", "My favourite was the red dress"),
        ("J'adore tes photos de montagne", "J'adore tes photos de montagne"),
        ("Me encantan los vídeos de cocina.", "Me encantan los vídeos de cocina"),
        ("Ich mag deine Stimme sehr", "Ich mag deine Stimme sehr"),
        ("I love you! I love the way you sing.", "I love the way you sing"),
    ],
)
def test_what_a_fan_likes_is_kept_in_their_words(message: str, quoted: str) -> None:
    request = FanMessage(message=message, fan=Fan(name="Max"), known=FRENCH)
    (learned,) = lessons(request, REPLY)
    assert learned == NewInsight(
        kind=InsightKind.FAN_PREFERENCE,
        source="messaging",
        text=f"Max wrote: “{quoted}”",
        confidence=SAID,
        language="fr",
        people=("Max",),
    )


@pytest.mark.parametrize(
    "message",
    [
        "Good morning",
        "Do you love the sea?",
        "I love",
        "No me gusta la playa",
        "I love to talk, write to me@home.org",
        "I love you",
        "I love you so much baby",
        "I really liked it too",
        "Ich mag dich sehr",
        "J'aime pas tes vidéos",
        "J\u2019aime plus trop la plage",
        "Ich mag das gar nicht",
        "Ich mag keine Reels",
        "I love my wife Sarah Miller from Leeds and she must not know",
        "Ich liebe meine Frau Sabine trotzdem",
        "If I like the first one I buy more",
    ],
)
def test_nothing_is_made_of_other_messages(message: str) -> None:
    assert lessons(FanMessage(message=message), REPLY) == ()


def test_findings_of_weight_are_kept_as_sure_as_the_analysis() -> None:
    answer = analysis(
        (
            Insight(text="Shares are flat.", impact="low"),
            Insight(text="Likes grew.", impact="medium"),
            Insight(text="Reels carry the growth.", impact="high"),
        ),
        (Pattern(text="Evenings are busier.", frequency="on weekends"),),
    )
    found = [(one.kind, one.text, one.confidence) for one in lessons(measured("growth"), answer)]
    assert found == [
        (InsightKind.ENGAGEMENT_PATTERN, "Reels carry the growth.", 0.5),
        (InsightKind.ENGAGEMENT_PATTERN, "Likes grew.", 0.4),
        (InsightKind.ENGAGEMENT_PATTERN, "Evenings are busier. (on weekends)", 0.4),
    ]


@pytest.mark.parametrize(
    ("about", "kind"),
    [
        ("revenue", InsightKind.REVENUE_TREND),
        ("audience", InsightKind.ENGAGEMENT_PATTERN),
        ("content", InsightKind.CONTENT_PERFORMANCE),
        (None, InsightKind.CONTENT_PERFORMANCE),
    ],
)
def test_a_finding_is_of_the_kind_that_was_asked_about(
    about: Analysis | None, kind: InsightKind
) -> None:
    answer = analysis((Insight(text="It grew.", impact="high"),))
    (learned,) = lessons(measured(about), answer)
    assert learned.kind is kind


def test_a_tactic_that_was_used_is_half_as_sure_as_the_answer() -> None:
    used = TacticUsed(name="personalisation", rationale="Max asked for the beach.")
    (learned,) = lessons(SalesWish(message="Buy", fan=Fan(name="Max")), sold(used))
    assert (learned.kind, learned.source) == (InsightKind.SALES_TACTIC, "sales")
    assert learned.text == "personalisation: Max asked for the beach."
    assert (learned.confidence, learned.people) == (0.4, ("Max",))
    assert learned.tags == ("personalisation",)


def test_an_analysis_of_no_figures_teaches_nothing() -> None:
    found = analysis((Insight(text="Reels carry the growth.", impact="high"),))
    assert lessons(measured(is_known=False), found) == ()


def test_what_could_not_go_out_is_not_learned() -> None:
    used = TacticUsed(name="personalisation", rationale="Max wrote from max@home.org.")
    kept = TacticUsed(name="reciprocity", rationale="A thank-you comes first.")
    (learned,) = lessons(SalesWish(message="Buy"), sold(used, kept))
    assert learned.tags == ("reciprocity",)


def test_ideas_teach_nothing() -> None:
    ideas = ReplySuggestions(suggestions=(), confidence=0.5)
    assert lessons(ReplyIdeas(last_message="I love the beach videos"), ideas) == ()


@given(st.lists(st.text(max_size=400)), st.floats(0, 1), st.text())
def test_lessons_are_few_and_short_and_can_be_kept(
    texts: list[str], confidence: float, message: str
) -> None:
    answer = analysis(
        tuple(Insight(text=text, impact="high") for text in texts),
        tuple(Pattern(text=text, frequency=text) for text in texts),
        confidence,
    )
    used = sold(*(TacticUsed(name="urgency", rationale=text) for text in texts))
    liking = FanMessage(message=f"I love {message}", fan=Fan(name=f"{message}\0{message}"))
    for found in (
        lessons(measured(), answer),
        lessons(SalesWish(message=message), used),
        lessons(liking, REPLY),
    ):
        assert len(found) <= LESSONS_MAX
        assert all(len(one.text) <= TEXT_CHARACTERS for one in found)
        for one in found:
            told = msgspec.json.encode(one, enc_hook=str)
            msgspec.json.decode(told, type=NewInsight)
