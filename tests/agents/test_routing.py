"""Who works on what: total, the same every time, few, and within reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.routing import CHAT, CHOSEN_MAX, Routing, route, subject_of
from agents.rules.routing import WORDS
from agents.team.contexts import (
    CaptionWish,
    ContentIdeas,
    Engagement,
    FanMessage,
    Figure,
    Known,
    Performance,
    ReplyIdeas,
    SalesWish,
    TeamRequest,
)
from tests.agents.asked import ASKED

MEASURED = Known(figures=(Figure(name="likes", value="120"),))
CAPTION = CaptionWish(platform="instagram", content="photo", description="Sunset")
PERFORMANCE = Performance(
    platforms=("instagram",), content_types=("photo",), timeframe="30 days", metrics=()
)


def agents(request: TeamRequest | str) -> list[str]:
    return [chosen.agent for chosen in route(request).chosen]


@pytest.mark.parametrize(
    ("request_", "kind", "expected"),
    [
        (FanMessage(message="Good morning"), "fan_message", ["messaging", "compliance"]),
        (CAPTION, "caption", ["content", "compliance"]),
        (PERFORMANCE, "analysis", ["analytics"]),
        (SalesWish(message="Buy my set"), "sales", ["sales", "compliance"]),
        (ReplyIdeas(last_message="Hey"), "reply_ideas", ["messaging"]),
        (ContentIdeas(type="photo"), "content_ideas", ["content"]),
    ],
)
def test_a_job_is_routed_by_its_type(request_: TeamRequest, kind: str, expected: list[str]) -> None:
    assert route(request_).request == kind
    assert agents(request_) == expected


@pytest.mark.parametrize(
    "message",
    [
        "How much is the beach set?",
        "I loved the last one, send me more!",
        "Combien pour une vidéo sur mesure ?",
        "¿Cuánto cuesta? Me encanta",
        "Wie viel kostet das? Ich will mehr davon",
    ],
)
def test_sales_joins_where_a_fan_asks_for_it(message: str) -> None:
    assert agents(FanMessage(message=message)) == ["messaging", "sales", "compliance"]


@pytest.mark.parametrize(
    ("message", "engagement", "sells"),
    [
        ("Good morning", "high", True),
        ("Good morning", "medium", False),
        ("My dog died yesterday", "high", False),
        ("I want a refund, how much did I pay?", "high", False),
        ("Quel prix ? Je suis triste", None, False),
        ("I'm so angry, you charged me twice!!", "high", False),
        ("My wife left me, I need something to cheer me up", "high", False),
        ("On m'a débité deux fois", "high", False),
        ("Me has decepcionado, estoy enfadada", "high", False),
        ("Ich bin so enttäuscht", "high", False),
        ("I'm dying to see more", None, True),
        ("I can\u2019t afford it any more", "high", False),
        ("J\u2019adore !", None, True),
        ("You left me speechless, how much is it?", None, True),
    ],
)
def test_sales_joins_for_fans_who_are_engaged_and_never_in_trouble(
    message: str, engagement: Engagement | None, sells: bool
) -> None:
    chosen = agents(FanMessage(message=message, engagement=engagement))
    assert ("sales" in chosen) is sells


def test_analytics_joins_a_caption_where_figures_are_known_and_not_explained() -> None:
    explained = CaptionWish(
        platform="instagram",
        content="photo",
        description="Sunset",
        known=MEASURED,
        performance=("Evenings are best.",),
    )
    unexplained = CaptionWish(
        platform="instagram", content="photo", description="Sunset", known=MEASURED
    )
    assert agents(unexplained) == ["content", "analytics", "compliance"]
    assert agents(explained) == ["content", "compliance"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is the capital of France?", ["assistant"]),
        ("", ["assistant"]),
        ("Write a caption for Instagram", ["content"]),
        ("Écris une légende avec des hashtags", ["content"]),
        ("Schreib eine Bildunterschrift", ["content"]),
        ("Escribe un pie de foto", ["content"]),
        ("How did my engagement rate develop?", ["analytics"]),
        ("Analysiere meine Reichweite", ["analytics"]),
        ("Analiza mis estadísticas", ["analytics"]),
        ("Which price sells best?", ["sales"]),
        ("Cómo puedo vender más?", ["sales"]),
        ("Comment augmenter mes ventes ?", ["sales"]),
        ("What should I say to a fan who is sad?", ["messaging"]),
        ("Was soll ich ihm schreiben?", ["messaging"]),
        ("Is this allowed by the terms of service?", ["compliance"]),
        ("A caption for Instagram and TikTok, and at what price?", ["content", "sales"]),
        ("A caption, and a price", ["content", "sales"]),
    ],
)
def test_free_text_is_routed_by_its_words(text: str, expected: list[str]) -> None:
    assert agents(text) == expected


@pytest.mark.parametrize(("text", "expected"), ASKED)
def test_what_creators_ask_reaches_whom_it_is_for(text: str, expected: str) -> None:
    assert set(agents(text)) == set(expected.split("+"))


def test_what_several_deal_with_decides_only_where_nothing_else_does() -> None:
    assert agents("My fans") == ["messaging"]
    assert agents("When are my fans most active?") == ["analytics"]


PRICE = "Which price sells best?"


@pytest.mark.parametrize(
    "text",
    [
        "shorter, please",
        "Thanks!",
        "plus court s'il te plaît",
        "et en français ?",
        "¿y en inglés?",
        "kürzer bitte",
        "Noch einmal, ohne Emojis",
        "Can you make it warmer?",
        "más corto",
        "👍",
        "",
    ],
)
def test_what_says_nothing_of_its_own_is_about_what_went_before(text: str) -> None:
    assert subject_of(["Good morning to you all", PRICE, "another one", text]) == PRICE


@pytest.mark.parametrize(
    "text",
    [
        "What's the weather in Lisbon?",
        "Raconte-moi une blague",
        "Make the caption shorter",
        "Wie spät ist es in Tokio?",
        "Make it shorter, the story of the fox that " + "very " * 9 + "much wanted grapes",
    ],
)
def test_a_question_of_its_own_is_about_itself(text: str) -> None:
    assert subject_of([PRICE, text]) == text


def test_where_nothing_went_before_a_text_is_about_itself() -> None:
    assert subject_of(["shorter", "thanks!"]) == "thanks!"
    assert subject_of([]) == ""


@given(st.lists(st.text(max_size=40), min_size=1))
def test_a_subject_was_said(said: list[str]) -> None:
    assert subject_of(said) in said


def test_people_can_read_why() -> None:
    (chosen,) = route("A caption for Instagram").chosen
    assert (chosen.reason, chosen.words) == ("text_says", ("caption", "instagram"))
    assert chosen.why == "the text says “caption”, “instagram”"
    sales = route(FanMessage(message="Any bundles?")).chosen[1]
    assert sales.why == "the fan says “bundles”"


words = st.sampled_from(
    ["caption", "price", "fans", "statistics", "allowed", "hello", "sea", "Umsatz", "ventes"]
)
texts = st.text() | st.lists(words, max_size=30).map(" ".join)


def check(routing: Routing) -> None:
    names = [chosen.agent for chosen in routing.chosen]
    scores = [chosen.score for chosen in routing.chosen]
    assert 1 <= len(names) <= CHOSEN_MAX
    assert len(set(names)) == len(names)
    assert set(names) <= {*WORDS, "assistant"}
    assert all(0 < score <= 1 for score in scores)
    assert scores == sorted(scores, reverse=True)
    assert all(chosen.why for chosen in routing.chosen)


@given(texts)
def test_every_text_has_somebody_and_always_the_same(text: str) -> None:
    routing = route(text)
    assert routing.request == CHAT
    check(routing)
    assert route(text) == routing


@given(texts, st.sampled_from([None, "low", "medium", "high"]))
def test_every_fan_is_answered_first_and_checked_last(
    message: str, engagement: Engagement | None
) -> None:
    routing = route(FanMessage(message=message, engagement=engagement))
    check(routing)
    names = [chosen.agent for chosen in routing.chosen]
    assert (names[0], names[-1]) == ("messaging", "compliance")


def test_a_text_of_any_length_is_routed_by_its_ends() -> None:
    pasted = "price " * 200_000
    assert agents(f"A caption, a hashtag {'x ' * 2_000}{pasted}{'x ' * 2_000}") == ["content"]
