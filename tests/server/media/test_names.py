"""Names of files: hostile ones become plain ones, plain ones stay."""

import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.names import NAME_MAX, clean, disposition


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("cat.png", "cat.png"),
        ("Ein Café 猫 👩‍🚀.txt".replace("\u200d", ""), "Ein Café 猫 👩🚀.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\notes.md", "notes.md"),
        ("a\r\nSet-Cookie: x=1.txt", "a Set-Cookie: x=1.txt"),
        ("gpj.\u202eexe.png", "gpj. exe.png"),
        ("a\0b.txt", "a b.txt"),
        ("..", "file"),
        ("   ", "file"),
        ("", "file"),
        ("/", "file"),
        ("x" * 300 + ".markdown", "x" * (NAME_MAX - 9) + ".markdown"),
        ("x" * 300, "x" * NAME_MAX),
    ],
)
def test_names_are_made_plain(given: str, kept: str) -> None:
    assert clean(given, "file") == kept


@given(st.text())
def test_any_name_fits_one_header_line_and_comes_back(name: str) -> None:
    kept = clean(name, "file")
    assert 0 < len(kept) <= NAME_MAX
    assert not any(unicodedata.category(letter)[0] == "C" for letter in kept)
    assert clean(kept, "file") == kept
    line = disposition("inline", kept)
    assert line.isascii()
    assert line.isprintable()
    quoted, _, extended = line.partition("; filename*=UTF-8''")
    assert quoted.startswith('inline; filename="')
    assert quoted.count('"') == 2
    assert unquote(extended) == kept
