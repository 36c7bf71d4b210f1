"""A caption gets the form of its platform: tags are cut, length is asked for again, then cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.checks.captions import Caption, caption_of, faults, fitted
from agents.rules.platforms import PLATFORMS, Platform

TWITTER, INSTAGRAM = PLATFORMS["twitter"], PLATFORMS["instagram"]


def test_hashtags_have_one_form_and_stand_once() -> None:
    made = caption_of("Sun! #beach #sun", ["Beach", "#beach vibes", "##sea", "", "#Sea"], INSTAGRAM)
    assert made == Caption(text="Sun!", hashtags=("#beach", "#sun", "#beachvibes", "#sea"))


def test_the_best_hashtags_stay_where_they_are_too_many() -> None:
    made = caption_of("Sun", [f"t{n}" for n in range(9)], TWITTER)
    assert made.hashtags == ("#t0", "#t1")
    assert faults(made, TWITTER) == ()


def test_hashtags_inside_the_text_count() -> None:
    made = caption_of("My #beach day", ["beach", "sun", "sea"], TWITTER)
    assert made == Caption(text="My #beach day", hashtags=("#sun",))


def test_hashtags_that_are_too_many_inside_the_text_become_words() -> None:
    made = caption_of("A #beach #day in the #sun by the #Sea!", ["sand"], TWITTER)
    assert made == Caption(text="A #beach #day in the sun by the Sea!", hashtags=())
    twice = caption_of("#sun and #sun again", ["sea"], TWITTER)
    assert twice == Caption(text="#sun and #sun again", hashtags=())


def test_what_is_too_long_or_untagged_is_asked_for_again() -> None:
    long, few = faults(caption_of("word " * 60, [], TWITTER), TWITTER)
    assert "299 characters; 280 are allowed" in long
    assert few == "There are 0 hashtags; at least 1 are wanted."


def test_a_cut_is_made_at_a_word_and_keeps_the_hashtags_that_are_needed() -> None:
    cut = fitted(caption_of("word, " * 60, ["sun", "sea"], TWITTER), TWITTER)
    assert cut.text.endswith("word…")
    assert cut.hashtags == ("#sun",)
    assert faults(cut, TWITTER) == ()


def test_twitter_counts_an_emoji_twice() -> None:
    said = "🌊" * 140
    assert len(faults(Caption(text=said, hashtags=("#a",)), TWITTER)) == 1
    assert faults(Caption(text=said, hashtags=("#a",)), INSTAGRAM) == (
        "There are 1 hashtags; at least 3 are wanted.",
    )


@pytest.mark.parametrize("platform", PLATFORMS)
@given(
    text=st.text("ab #🌊字\n", max_size=30).map(lambda text: text * 20),
    tags=st.lists(st.text("ab# 字", max_size=5), max_size=9),
)
def test_no_caption_is_too_long_in_the_end(platform: Platform, text: str, tags: list[str]) -> None:
    rules = PLATFORMS[platform]
    caption = fitted(caption_of(text, tags, rules), rules)
    assert not any("allowed" in fault for fault in faults(caption, rules))
    assert len(caption.hashtags) <= rules.hashtags_max
