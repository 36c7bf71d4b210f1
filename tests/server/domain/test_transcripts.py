"""A document of a conversation keeps its shape, whatever was written in it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.transcripts import head, line, message, safe

AT = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)


def test_a_question_is_quoted_and_an_answer_stands_as_it_is() -> None:
    assert message("user", "# Big\n\nwords", AT) == (
        "\n## You, 2026-11-20 14:02 UTC\n\n> # Big\n>\n> words\n"
    )
    assert message("assistant", "**Yes.**", AT, facts=("m_large", "$0.01")) == (
        "\n## Assistant, 2026-11-20 14:02 UTC\n\n**Yes.**\n\n*m\\_large · $0.01*\n"
    )


def test_attachments_are_named() -> None:
    part = {"type": "image", "name": "a*b.png", "mediaType": "image/png", "bytes": 12345}
    assert "Attached: a\\*b.png (image/png, 12,345 bytes)" in message(
        "user", "", AT, attached=[part]
    )


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<script>x</script>", "\\<script>x\\</script>"),
        ("a < b", "a < b"),
        ("<https://example.com>", "<https://example.com>"),
        ("`<b>` and <b>", "`<b>` and \\<b>"),
        ("```html\n<b>\n```", "```html\n<b>\n```"),
        ("```\nopen", "```\nopen\n```"),
        ("~~~~ py\n```\nopen", "~~~~ py\n```\nopen\n~~~~"),
        ("[x](javascript:alert(1))", "[x](unsafe:javascript:alert(1))"),
        ("[x]: JavaScript:alert(1)", "[x]: unsafe:JavaScript:alert(1)"),
        ("[x](https://example.com)", "[x](https://example.com)"),
    ],
)
def test_markup_does_nothing_and_closes(written: str, kept: str) -> None:
    assert safe(written) == kept


def test_a_title_is_one_plain_line() -> None:
    assert head("a\n# <b>", ("1 message",)) == "# a \\# \\<b\\>\n\n1 message\n"


@given(st.text())
def test_what_is_one_line_stays_one(text: str) -> None:
    assert len(line(text).splitlines()) <= 1
