"""Captions are asked for by the rules of their platform, and keep to them."""

import pytest
from msgspec import structs

from agents.rules.platforms import PLATFORMS, Platform
from agents.team.content import CaptionJudge, ContentAgent
from agents.team.contexts import CaptionWish, Figure, Known
from agents.team.outputs import PostCaption
from tests.agents.team.tasks import task_of

CONTEXT = CaptionWish(
    platform="twitter",
    content="photo",
    description="Sunset at the beach",
    known=Known(figures=(Figure(name="campaign Summer, likes", value="1,204"),)),
    mood="relaxed",
    audience="people who love the sea",
    performance=("Evening posts do best",),
)
CAPTION = PostCaption(
    caption="The sea was gold tonight.", hashtags=("#sea",), performance_insights=(), confidence=1
)


def judge(platform: Platform = "twitter") -> CaptionJudge:
    found = task_of(ContentAgent, structs.replace(CONTEXT, platform=platform)).judge
    assert isinstance(found, CaptionJudge)
    return found


def test_the_prompt_has_the_content_the_rules_and_the_figures() -> None:
    assert task_of(ContentAgent, CONTEXT).text == (
        "<performance>\nEvening posts do best\n</performance>\n"
        "<figures>\ncampaign Summer, likes: 1,204\n</figures>\n"
        "<platform>\ntwitter\nConcise: one thought, said at once.\n1 to 2 hashtags.\n"
        "At most 280 characters, the hashtags with them.\n</platform>\n"
        "<content>\ntype: photo\nshows: Sunset at the beach\nmood: relaxed\n"
        "audience: people who love the sea\n</content>"
    )


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_has_its_own_words_in_the_prompt(platform: Platform) -> None:
    text = task_of(ContentAgent, structs.replace(CONTEXT, platform=platform)).text
    assert all(line in text for line in PLATFORMS[platform].style)
    assert f"At most {PLATFORMS[platform].caption_max} characters" in text


def test_hashtags_that_are_too_many_are_cut_without_asking() -> None:
    answer = structs.replace(CAPTION, hashtags=("sea", "sun", "gold"))
    assert judge().faults(answer) == ()
    assert judge().settled(answer).hashtags == ("#sea", "#sun")


def test_a_caption_that_is_too_long_is_asked_for_again_and_then_cut_at_a_word() -> None:
    answer = structs.replace(CAPTION, caption="golden " * 60)
    (fault,) = judge().faults(answer)
    assert "280 are allowed" in fault
    settled = judge().settled(answer)
    assert settled.caption.endswith("golden…")
    assert judge().faults(settled) == ()
    assert judge("instagram").settled(answer).caption == ("golden " * 60).strip()


def test_an_offer_that_nobody_made_is_taken_out() -> None:
    answer = structs.replace(CAPTION, caption="The sea was gold. 50% off today only!")
    assert len(judge().faults(answer)) == 2
    assert judge().settled(answer).caption == "The sea was gold."
