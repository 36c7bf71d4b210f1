"""A fan's language is recognised where they say enough, and left open where they do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.language.detection import LanguageDetector
from agents.language.names import LANGUAGES

DETECTOR = LanguageDetector()

SAID = (
    ("en", "hey babe, when do you post the new video?"),
    ("en", "you look amazing today, wish I was there 😍😍"),
    ("fr", "coucou, tu fais quoi ce soir ?"),
    ("fr", "j\u2019adore tes photos"),
    ("fr", "t'es trop belle"),
    ("es", "hola guapa, cuando subes el nuevo video?"),
    ("es", "ERES PRECIOSA, QUE HACES HOY"),
    ("de", "hey süße, wann kommt das neue video?"),
    ("de", "du bist so schön"),
    ("pt", "quanto custa o conjunto da praia"),
    ("it", "mi piacciono le tue foto"),
    ("nl", "hoi, wanneer komt de nieuwe video?"),
    ("pl", "cześć, kiedy nowe wideo?"),
    ("tr", "merhaba, yeni video ne zaman?"),
    ("ru", "привет, когда новое видео?"),
    ("ja", "新しい動画はいつですか"),
)
OPEN = ("", "ok", "lol", "👍👍", "Mia", "12,50 €", "https://example.com/une/belle/photo", "@mia #x")


@pytest.mark.parametrize(("language", "said"), SAID)
def test_a_sentence_is_enough(language: str, said: str) -> None:
    assert DETECTOR.language_of([said]) == language


@pytest.mark.parametrize("said", OPEN)
def test_what_has_no_language_gets_none(said: str) -> None:
    assert DETECTOR.language_of([said]) is None


def test_a_short_answer_has_the_language_of_what_was_said_before() -> None:
    assert DETECTOR.language_of(["hola guapa, cuando subes el nuevo video?", "ok"]) == "es"
    assert DETECTOR.language_of([]) is None


def test_who_changes_the_language_is_answered_in_the_new_one() -> None:
    before = "hey babe, when do you post the new video?"
    assert DETECTOR.language_of([before, "tu fais quoi ce soir mon amour ?"]) == "fr"


@given(st.lists(st.text(max_size=40), max_size=3))
def test_whatever_is_said_has_a_language_with_a_name_or_none(said: list[str]) -> None:
    assert DETECTOR.language_of(said) in {*LANGUAGES, None}
