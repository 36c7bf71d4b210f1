"""Keywords hold what the schema of schemas says that they hold."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agents.schemas.keywords import HOLDS, IN_PLACE, LISTS, MAPS, REFUSED, SINGLE
from tests.agents.schemas.samples import VALUES


def is_schema(value: dict[str, Any]) -> bool:
    return bool(Draft202012Validator(Draft202012Validator.META_SCHEMA).is_valid(value))


@pytest.mark.parametrize("keyword", HOLDS)
@given(value=VALUES | st.lists(st.sampled_from(["a", "object", "null"])) | st.integers(-1, 1))
def test_what_a_keyword_holds_is_a_schema(keyword: str, value: Any) -> None:
    is_right, wanted = HOLDS[keyword]
    assert wanted
    if is_right(value):
        assert is_schema({keyword: value}), value


def test_every_keyword_has_one_place() -> None:
    places = [*MAPS, *LISTS, *SINGLE, *REFUSED, *HOLDS]
    assert len(places) == len(set(places))
    assert set(places) >= IN_PLACE
    assert {*places, "const", "default"} >= set(Draft202012Validator.VALIDATORS)
