"""A refused word is answered with those that would do, wherever in the data it stands."""

import json
from enum import StrEnum
from typing import Any, Literal

import pytest
from msgspec import Struct

from server.domain.errors import Invalid
from server.protocol.codec import decode, decode_body, decode_query


class Tone(StrEnum):
    WARM = "warm"
    PLAIN = "plain"


class Said(Struct, frozen=True, kw_only=True, tag="said", tag_field="type"):
    tone: Tone | None = None


class Shown(Struct, frozen=True, kw_only=True, tag="shown", tag_field="type"):
    size: Literal["small", "large"] = "small"


class Wishes(Struct, frozen=True, kw_only=True, rename="camel"):
    tone: Tone = Tone.WARM
    tones: list[Tone] = []
    by_name: dict[str, Tone] = {}
    pieces: list[Said | Shown] = []


@pytest.mark.parametrize(
    ("given", "path", "words"),
    [
        ({"tone": "x"}, "$.tone", "warm, plain"),
        ({"tones": ["warm", "x"]}, "$.tones[1]", "warm, plain"),
        ({"byName": {"a": "x"}}, "$.byName[...]", "warm, plain"),
        ({"pieces": [{"type": "x"}]}, "$.pieces[0].type", "said, shown"),
        ({"pieces": [{"type": "said", "tone": "x"}]}, "$.pieces[0].tone", "warm, plain"),
        ({"pieces": [{"type": "shown", "size": "x"}]}, "$.pieces[0].size", "large, small"),
    ],
)
def test_the_words_that_would_do_are_named(given: Any, path: str, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        decode_body(json.dumps(given).encode(), Wishes)
    assert caught.value.path == path
    assert caught.value.message.endswith(f"'x', expected one of {words}.")


def test_so_are_those_of_parameters_and_commands() -> None:
    with pytest.raises(Invalid, match=r"'x', expected one of warm, plain\.$"):
        decode_query({"tone": "x"}, Wishes)
    with pytest.raises(Invalid, match=r"'turn\.strat', expected one of turn\.start, "):
        decode('{"type": "turn.strat", "id": "1"}')


def test_what_is_no_word_at_all_is_told_its_type() -> None:
    with pytest.raises(Invalid, match="got `int`") as caught:
        decode_body(b'{"tone": 1}', Wishes)
    assert "one of" not in caught.value.message
