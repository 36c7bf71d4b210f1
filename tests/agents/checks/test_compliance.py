"""Rules find what must not go out, say why, and leave ordinary talk alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.checks.compliance import MASK, says_underage, screen
from agents.rules.compliance import Reason
from tests.agents.checks.talk import FORBIDDEN, INNOCENT


@pytest.mark.parametrize(("said", "reason"), FORBIDDEN)
def test_what_is_forbidden_is_found(said: str, reason: Reason) -> None:
    verdict = screen(said)
    assert verdict.outcome != "allowed"
    assert reason in {ground.reason for ground in verdict.grounds}


@pytest.mark.parametrize("said", INNOCENT)
def test_ordinary_talk_is_left_alone(said: str) -> None:
    assert screen(said).grounds == ()
    assert screen(said).text == said


def test_a_sentence_about_paying_elsewhere_is_cut_and_the_rest_stays() -> None:
    verdict = screen("Hello you! Just pay me by PayPal, it is easier. Kisses")
    assert (verdict.outcome, verdict.text) == ("rewritten", "Hello you! Kisses")
    assert [ground.said for ground in verdict.grounds] == ["pay me by PayPal"]


def test_personal_data_is_masked_where_it_stands() -> None:
    verdict = screen("Write to me@home.org or call +33 6 12 34 56 78, love!")
    assert verdict.text == f"Write to {MASK} or call {MASK}, love!"
    assert {ground.reason for ground in verdict.grounds} == {Reason.PERSONAL_DATA}


def test_a_text_about_a_minor_is_blocked_whole_with_all_reasons() -> None:
    verdict = screen("I'm 15 years old. Send it via Venmo.")
    assert (verdict.outcome, verdict.text) == ("blocked", "")
    assert [ground.reason for ground in verdict.grounds] == [Reason.MINORS, Reason.OUTSIDE_PAYMENT]


def test_a_text_that_nothing_is_left_of_is_blocked() -> None:
    assert screen("me@home.org").outcome == "blocked"
    assert screen("Send it by PayPal!").outcome == "blocked"


SNIPPETS = st.sampled_from(
    [*(said for said, _ in FORBIDDEN), *INNOCENT, "Hello. ", "\n", " me@home.org ", "0"]
)


@given(st.lists(SNIPPETS, max_size=4).map(" ".join))
def test_what_goes_out_has_nothing_left_to_find(said: str) -> None:
    assert screen(screen(said).text).outcome == "allowed"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Hello. Politics bore me.", "Hello."),
        ("Hello. My ex  boyfriend says hi.", "Hello."),
        ("Hello. Two ex boyfriends, no thanks.", "Hello."),
        ("Hello. He is political.", "Hello. He is political."),
        ("Hello. C++ is fun.", "Hello."),
    ],
)
def test_a_topic_that_the_creator_forbids_is_cut_with_its_sentence(said: str, left: str) -> None:
    verdict = screen(said, ["politics", "ex boyfriend", "C++", " "])
    assert verdict.text == left
    reasons = {ground.reason for ground in verdict.grounds}
    assert reasons == (set() if left == said else {Reason.FORBIDDEN_TOPIC})


@given(st.text(max_size=30), st.lists(st.text(max_size=10), max_size=5))
def test_topics_are_words_and_no_patterns(said: str, topics: list[str]) -> None:
    verdict = screen(f"{said} x", topics)
    assert verdict.outcome == "allowed" or verdict.grounds
    for topic in topics:
        if topic.strip():
            assert screen(topic, [topic]).grounds


@pytest.mark.parametrize(
    ("said", "is_underage"),
    [
        ("im 16 btw, can i see more?", True),
        ("I\u2019m 16", True),
        ("j'ai seize ans", True),
        ("tengo quince años", True),
        ("bin 17, und du?", True),
        ("My daughter is 15 years old and sick", False),
        ("She's 16.", False),
        ("I'm 18 and proud", False),
        ("I'm 16 minutes away", False),
    ],
)
def test_who_says_that_they_are_under_age_is_heard(said: str, is_underage: bool) -> None:
    assert says_underage(said) is is_underage
