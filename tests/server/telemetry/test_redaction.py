"""Nothing that lets anybody in is written down."""

from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.telemetry.redaction import HIDDEN, Redactor


@pytest.mark.parametrize(
    "secret",
    [
        "ck_8fJq2LmN0pQrStUv",
        "ci_8fJq2LmN0pQrStUv",
        "sk-proj-abcdefghijklmnop",
        "AIzaSyA1234567890abcdefghijklmnop",
        "cb_8fJq2LmN0pQrStUv",
        "whsec_8fJq2LmN0pQrStUv",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXY.Y2lwaGVydGV4dA.dGFn",
    ],
)
def test_what_looks_like_a_credential_is_hidden(secret: str) -> None:
    assert Redactor().text(f"got {secret} from a client") == f"got {HIDDEN} from a client"


def test_the_name_of_the_scheme_stays_readable() -> None:
    redact = Redactor().text
    assert redact("Authorization: Bearer abcdef123") == f"Authorization: Bearer {HIDDEN}"
    assert redact("causerie.v1, bearer.abcdef123") == f"causerie.v1, bearer.{HIDDEN}"
    assert redact("{'authorization': 'Basic bWU6cGE1NQ=='}") == (
        f"{{'authorization': 'Basic {HIDDEN}'}}"
    )
    assert redact("Cookie: a=1; __Host-causerie=abcdef123; b=2") == (
        f"Cookie: a=1; __Host-causerie={HIDDEN}; b=2"
    )
    assert redact("__Secure-authjs.session-token.0=abcdef123") == (
        f"__Secure-authjs.session-token.0={HIDDEN}"
    )
    assert redact("GET https://a.example/v1?key=abc&alt=sse") == (
        f"GET https://a.example/v1?key={HIDDEN}&alt=sse"
    )
    assert redact("?page=2&access_token=abc") == f"?page=2&access_token={HIDDEN}"
    assert redact("postgresql://me:pa55@db/x") == f"postgresql://me:{HIDDEN}@db/x"


REFUSED = """asyncpg.exceptions.CheckViolationError: new row violates check constraint "t"
DETAIL:  Failing row contains (1, first words
and [more] of them).

The above exception was the direct cause of the following exception:

sqlalchemy.exc.IntegrityError: <class 'CheckViolationError'>: new row violates check constraint "t"
DETAIL:  Failing row contains (1, first words
and [more] of them).
[SQL: INSERT INTO messages]"""


def test_what_people_wrote_is_not_told_with_the_row_that_was_refused() -> None:
    redact = Redactor().text
    told = redact(REFUSED)
    assert "words" not in told
    assert "more" not in told
    assert told.count(f"DETAIL:  {HIDDEN}") == 2
    assert "direct cause" in told
    assert "[SQL: INSERT INTO messages]" in told
    told = redact(repr(REFUSED))
    assert "words" not in told
    value = "DataError: invalid input for query argument $2: 'their words' (expected int)"
    assert redact(value) == f"DataError: invalid input for query argument $2: {HIDDEN}"


def test_secrets_of_this_process_are_hidden_wherever_they_stand() -> None:
    redactor = Redactor(["swordfish", "swordfish-and-more"])
    assert redactor.value({"a": ["xswordfishx", 3], "b": "swordfish-and-more"}) == {
        "a": [f"x{HIDDEN}x", 3],
        "b": HIDDEN,
    }


@pytest.mark.parametrize(
    "plain",
    ["Basic settings are kept", "the key=value of causerie", "eyJ is no token", "?monkey=3"],
)
def test_ordinary_words_stay(plain: str) -> None:
    assert Redactor().text(plain) == plain


def test_values_too_short_to_be_secrets_do_not_eat_words() -> None:
    assert Redactor(["a", ""]).text("a banana") == "a banana"


@given(st.text(ascii_letters, min_size=6), st.text(ascii_letters), st.text(ascii_letters))
def test_a_known_secret_never_survives(secret: str, before: str, after: str) -> None:
    assert secret not in Redactor([secret]).text(before + secret + after)
