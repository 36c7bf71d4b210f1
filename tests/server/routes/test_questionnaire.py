"""What answers amount to: what they say, nothing else, and always a valid configuration."""

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, convert, structs, to_builtins

from server.domain.configuration import ConfigurationChange
from server.routes.questionnaire import (
    GOALS,
    PLATFORM_NAMES,
    Goal,
    Questionnaire,
    ReplyStyle,
    Tone,
    derive,
)

FULL = Questionnaire(
    name="Ada",
    niche="strength training",
    platforms=("instagram", "tiktok", "onlyfans"),
    audience="women over thirty",
    goals=("loyalty", "sales"),
    tone=("warm", "playful"),
    traits=("curious", "patient", "never in a hurry"),
    boundaries=("politics", "my family", "Politics"),
    languages=("fr", "en"),
    reply_style=ReplyStyle(length="short", emojis="some", offers="gentle"),
    voice="I talk like a big sister!",
)


def text(most: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=most).filter(
        lambda drawn: bool(drawn.strip())
    )


def line(most: int) -> st.SearchStrategy[str]:
    letters = st.characters(codec="utf-8", exclude_characters="\0\r\n\x85\u2028\u2029")
    return st.text(letters, max_size=most).filter(lambda drawn: bool(drawn.strip()))


def some(values: st.SearchStrategy[str], most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(values, max_size=most).map(tuple)


questionnaires = st.builds(
    Questionnaire,
    name=st.none() | line(200),
    niche=st.none() | line(200),
    platforms=some(st.sampled_from(sorted(PLATFORM_NAMES)), 5),
    audience=st.none() | line(200),
    goals=some(st.sampled_from(get_args(Goal)), 5),
    tone=some(st.sampled_from(get_args(Tone)), 3),
    traits=some(line(60), 10),
    boundaries=some(line(98).map(lambda drawn: f"no {drawn}"[:100]), 50),
    languages=some(st.sampled_from(["fr", "en", "de"]), 10),
    reply_style=st.builds(
        ReplyStyle,
        length=st.sampled_from([None, "short", "medium", "long"]),
        emojis=st.sampled_from([None, "none", "some", "many"]),
        offers=st.sampled_from([None, "asked", "gentle", "direct"]),
    ),
    voice=st.none() | text(1_000),
)


def test_a_full_questionnaire_becomes_a_voice() -> None:
    assert derive(FULL) == ConfigurationChange(
        name="Ada",
        language="fr",
        is_fan_language=True,
        tone="warm and playful",
        personality="curious, patient and never in a hurry.",
        brand_voice=(
            "I talk like a big sister! Posts about strength training on Instagram, TikTok and "
            "OnlyFans. Speaks to women over thirty. Wants to keep subscribers and sell more. "
            "Replies are one or two short sentences. An emoji where it carries the mood. "
            "Offers something when the fan shows interest, without pressing."
        ),
        forbidden_topics=("politics", "my family"),
    )


def test_what_is_not_answered_changes_nothing() -> None:
    assert derive(Questionnaire()) == ConfigurationChange()
    assert derive(Questionnaire(tone=("warm",))) == ConfigurationChange(tone="warm")
    where = derive(Questionnaire(platforms=("twitter", "twitter")))
    assert where == ConfigurationChange(brand_voice="Posts on Twitter.")


def test_models_and_moderation_are_never_asked_for() -> None:
    derived = derive(FULL)
    assert derived.models is UNSET
    assert derived.moderation is UNSET


def test_who_writes_one_language_answers_in_it() -> None:
    for languages, in_theirs in ((("fr",), False), (("fr", "fr"), False), (("fr", "en"), True)):
        derived = derive(Questionnaire(languages=languages))
        assert derived == ConfigurationChange(language="fr", is_fan_language=in_theirs)


def test_a_text_of_several_lines_becomes_one() -> None:
    derived = derive(Questionnaire(name=" Ada\nLovelace ", voice="First.\n\n- never write about"))
    assert derived.name == "Ada Lovelace"
    assert derived.brand_voice == "First. - never write about."


@given(questionnaires)
def test_whatever_is_answered_is_a_valid_configuration(answers: Questionnaire) -> None:
    sent = to_builtins(answers)
    assert convert(sent, Questionnaire) == answers
    derived = derive(answers)
    assert convert(to_builtins(derived), ConfigurationChange) == derived
    assert derived == derive(answers)


@given(questionnaires, st.sampled_from(["name", "tone", "traits", "boundaries", "languages"]))
def test_each_question_changes_its_own_fields_only(answers: Questionnaire, asked: str) -> None:
    without = structs.replace(answers, **{asked: getattr(Questionnaire(), asked)})
    first, second = to_builtins(derive(answers)), to_builtins(derive(without))
    changed = {name for name in first if first[name] != second.get(name)}
    assert second.keys() <= first.keys()
    assert (
        changed
        <= {
            "name": {"name"},
            "tone": {"tone"},
            "traits": {"personality"},
            "boundaries": {"forbiddenTopics"},
            "languages": {"language", "isFanLanguage"},
        }[asked]
    )


def test_every_answer_that_may_be_chosen_has_words() -> None:
    assert set(GOALS) == set(get_args(Goal))
    for goal in get_args(Goal):
        assert GOALS[goal] in str(derive(Questionnaire(goals=(goal,))).brand_voice)
