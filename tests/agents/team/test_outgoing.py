"""Which texts of an answer go out, and what is left of it when some may not."""

import pytest

from agents.team.contexts import (
    CaptionWish,
    ContentIdeas,
    FanMessage,
    Performance,
    ReplyIdeas,
    SalesWish,
    TeamRequest,
)
from agents.team.outgoing import is_empty, sent_text, with_proposals, with_sent_text
from agents.team.outputs import (
    ContentSuggestions,
    FanReply,
    PerformanceAnalysis,
    PostCaption,
    PostIdea,
    ReplyIdea,
    ReplySuggestions,
    SalesAdvice,
    TeamAnswer,
    Upsell,
)

REPLY = FanReply(
    response="sent",
    upsell_suggestions=(Upsell(text="good", price=None), Upsell(text="bad", price=None)),
    tactics=(),
    confidence=1,
)
CAPTION = PostCaption(
    caption="sent",
    hashtags=("#good", "#bad", "#sea", "#sun"),
    performance_insights=(),
    confidence=1,
)
ADVICE = SalesAdvice(
    message="sent",
    tactics=(),
    suggested_price=None,
    expected_conversion_rate=0,
    alternative_messages=("good", "bad"),
    confidence=1,
)
ANALYSIS = PerformanceAnalysis(
    insights=(), recommendations=(), patterns=(), predictions=(), confidence=1
)
REPLIES = ReplySuggestions(
    suggestions=(
        ReplyIdea(text="good", tone="warm", why="bad"),
        ReplyIdea(text="bad", tone="warm", why="good"),
    ),
    confidence=1,
)
IDEAS = ContentSuggestions(
    suggestions=(PostIdea(title="good", why="bad"), PostIdea(title="bad", why="good")),
    top_performing=("bad",),
    recommended_topics=("good", "bad"),
    confidence=1,
)
POST = CaptionWish(platform="twitter", content="photo", description="Sunset")
PAIRS: tuple[tuple[TeamAnswer, TeamRequest], ...] = (
    (REPLY, FanMessage(message="x")),
    (CAPTION, POST),
    (ADVICE, SalesWish(message="x")),
    (ANALYSIS, Performance(platforms=(), content_types=(), timeframe="", metrics=())),
    (REPLIES, ReplyIdeas(last_message="x")),
    (IDEAS, ContentIdeas(type="x")),
)


@pytest.mark.parametrize(("answer", "request_"), PAIRS)
def test_a_text_that_is_sent_can_be_replaced(answer: TeamAnswer, request_: TeamRequest) -> None:
    changed = with_sent_text(answer, "other", request_)
    assert type(changed) is type(answer)
    if sent_text(answer) is None:
        assert changed == answer
    else:
        assert (sent_text(answer), sent_text(changed)) == ("sent", "other")


def test_another_caption_keeps_to_its_platform() -> None:
    changed = with_sent_text(CAPTION, "word " * 100 + "#one", POST)
    assert isinstance(changed, PostCaption)
    assert len(changed.caption) + sum(len(tag) + 1 for tag in changed.hashtags) <= 280
    assert len(changed.hashtags) <= 2


def test_proposals_that_are_not_allowed_are_left_out() -> None:
    left = [with_proposals(answer, lambda text: text != "bad") for answer, _ in PAIRS]
    reply, caption, advice, analysis, replies, ideas = left
    assert isinstance(reply, FanReply)
    assert [one.text for one in reply.upsell_suggestions] == ["good"]
    assert isinstance(caption, PostCaption)
    assert caption.hashtags == ("#good", "#sea", "#sun")
    assert isinstance(advice, SalesAdvice)
    assert advice.alternative_messages == ("good",)
    assert analysis == ANALYSIS
    assert isinstance(replies, ReplySuggestions)
    assert [one.text for one in replies.suggestions] == ["good"]
    assert isinstance(ideas, ContentSuggestions)
    assert [one.title for one in ideas.suggestions] == ["good"]
    assert ideas.recommended_topics == ("good",)
    assert ideas.top_performing == ("bad",)  # of what is out already


def test_only_proposals_can_run_out() -> None:
    nothing = [is_empty(with_proposals(answer, lambda text: False)) for answer, _ in PAIRS]
    assert nothing == [False, False, False, False, True, True]
    assert not any(is_empty(answer) for answer, _ in PAIRS)
