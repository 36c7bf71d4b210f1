"""Paths can be read, and repeat no more of a key than a line takes."""

from hypothesis import given
from hypothesis import strategies as st

from agents.schemas.paths import KEY_CHARACTERS, path_of


def test_plain_keys_stand_behind_a_dot_and_others_in_brackets() -> None:
    assert path_of([]) == "$"
    assert path_of(["tags", 2, "odd key", "$defs"]) == '$.tags[2]["odd key"].$defs'
    assert path_of(["type"], "$.params.schema") == "$.params.schema.type"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_key_is_cut_and_never_ends_the_line(key: str) -> None:
    path = path_of([key])
    assert len(path) <= KEY_CHARACTERS * 6 + 10
    assert "\n" not in path
