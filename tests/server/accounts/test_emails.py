"""One person, one address, however it is written."""

import pytest

from server.accounts.emails import normalise
from server.domain.errors import Invalid


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("a.b+tag@sub.example.co.uk", "a.b+tag@sub.example.co.uk"),
        ("admin@localhost", "admin@localhost"),
        ("\uff46ull@example.com", "full@example.com"),
        ("jörg@bücher.example", "jörg@bücher.example"),
    ],
)
def test_addresses_have_one_form(given: str, stored: str) -> None:
    assert normalise(given) == stored
    assert normalise(stored) == stored


@pytest.mark.parametrize(
    "given",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "a b@example.com",
        "ada@exa mple.com",
        "ada@@example.com",
        "ada@example..com",
        "ada@-example.com",
        ".ada@example.com",
        "a..b@example.com",
        "ada@example.com\nBcc: x@example.com",
        "a\x00da@example.com",
        "Ada <ada@example.com>",
        "a" * 65 + "@example.com",
        "ada@" + "e" * 250 + ".com",
        "ada\u200b@example.com",
    ],
)
def test_what_no_mail_could_reach_is_refused(given: str) -> None:
    with pytest.raises(Invalid) as refused:
        normalise(given)
    assert refused.value.path == "$.email"
