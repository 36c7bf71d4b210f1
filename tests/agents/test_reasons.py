"""Every reason can be said: in English here, and in each language that the pages speak."""

import json
from pathlib import Path
from typing import get_args

import pytest

from agents.reasons import SENTENCES, Reason, sentence

LOCALES = [Path(f"static/locales/{name}.json") for name in ("en", "de", "fr", "es")]


def test_every_reason_has_its_sentence() -> None:
    assert set(SENTENCES) == set(get_args(Reason))


def test_a_sentence_quotes_the_words_that_decided() -> None:
    assert sentence("text_says", ("price", "offer")) == "the text says “price”, “offer”"
    assert sentence("figures") == "figures need meaning"


@pytest.mark.parametrize("path", LOCALES, ids=lambda path: path.stem)
def test_pages_have_words_for_every_reason(path: Path) -> None:
    texts = json.loads(path.read_text(encoding="utf-8"))
    for reason, english in SENTENCES.items():
        assert ("{words}" in texts[f"why.{reason}"]) == ("{words}" in english), reason
