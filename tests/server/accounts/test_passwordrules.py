"""What is tried first is nobody's password; what is long or odd may be."""

import pytest

from server.accounts.passwordrules import check_strength
from server.domain.errors import Invalid

EMAIL = "ada.lovelace@example.com"


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "Password1",
        "P@ssw0rd",
        "p@ssw0rd123",
        "iloveyou!",
        "12345678",
        "87654321",
        "1234567890",
        "11223344",
        "11112222",
        "aaaaaaaa",
        "abcabcabc",
        "abcdefgh",
        "qwerty123",
        "1qaz2wsx",
        "asdfghjkl",
        "ADA.LOVELACE@EXAMPLE.COM",
        "ada.lovelace",
        "ada.lovelace99",
        "\N{FULLWIDTH LATIN SMALL LETTER P}assword",
    ],
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_strength(password, EMAIL)
    assert refused.value.path == "$.password"


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "tr0ub4dor&3",
        "my password is long",
        "sunshine over Ghent",
        "žluťoučký",
    ],
)
def test_anything_else_is_its_owners_affair(password: str) -> None:
    check_strength(password, EMAIL)
