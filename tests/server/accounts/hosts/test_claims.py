"""What a host says of its users is taken as far as it can be kept and shown."""

import pytest

from server.accounts.hosts.claims import email_of, external_id_of, name_of, strict_object
from server.domain.errors import Invalid, Unauthenticated


@pytest.mark.parametrize("given", ["a", " a ", "auth0|5f7c", "é" * 255, "0042", "👩‍🔬"])
def test_a_users_name_at_their_host_is_kept_as_it_is(given: str) -> None:
    assert external_id_of(given) == given


def test_a_number_and_its_digits_are_one_user() -> None:
    assert external_id_of(42) == external_id_of("42") == "42"
    assert external_id_of(-(10**253)) == "-1" + "0" * 253


@pytest.mark.parametrize(
    "given",
    [
        "",
        "x" * 256,
        "a\x00",
        "a\n",
        "\x7f",
        "\u2028",
        "\ud800",
        "\u202e",
        None,
        True,
        1.0,
        [1],
        {},
        10**255,
    ],
    ids=ascii,
)
def test_what_can_be_nobodys_name_is_refused(given: object) -> None:
    with pytest.raises(Invalid) as refused:
        external_id_of(given)
    assert refused.value.path == "$.externalId"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("  Ada\r\n", "Ada"),
        ("A\x00d\x1ba\ud800", "Ada"),
        ("Ada \u202enimda", "Ada nimda"),
        ("x" * 300, "x" * 100),
        ("x" * 99 + " y", "x" * 99),
        ("👩‍🔬", "👩‍🔬"),
        (" \n ", None),
        ("", None),
        (None, None),
        (5, None),
    ],
    ids=ascii,
)
def test_a_name_is_cut_to_what_can_be_shown(given: object, shown: str | None) -> None:
    assert name_of(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Ada@Example.com ", "ada@example.com"),
        ("nobody", None),
        ("a" * 300 + "@example.com", None),
        ("a\x00@example.com", None),
        (None, None),
        (["ada@example.com"], None),
    ],
    ids=ascii,
)
def test_an_address_is_one_or_none(given: object, shown: str | None) -> None:
    assert email_of(given) == shown


@pytest.mark.parametrize(
    "text",
    [b"", b"5", b"[]", b"{", b'{"a":1,"a":1}', b'{"b":{"a":1,"a":1}}', b"\xff", b"[" * 9_999],
)
def test_an_object_that_parsers_could_disagree_about_is_none(text: bytes) -> None:
    with pytest.raises(Unauthenticated):
        strict_object(text)


def test_any_other_object_is_one() -> None:
    assert strict_object(b'{"a":{"a":[1]}}') == {"a": {"a": [1]}}
