"""Texts of variables become values, or one clear line."""

from contextlib import suppress
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from server import environment
from server.environment import SettingsError, about, describe, read

Number = Annotated[int, Meta(ge=1, le=10)]


class Sample(Struct, frozen=True, kw_only=True, rename="upper"):
    number: Annotated[Number, about("A", "How many.")] = 3
    ratio: Annotated[float, about("A", "How much.")] = 0.5
    choice: Annotated[Literal["one", "two"], about("A", "Which.")] = "one"
    password: Annotated[str | None, about("B", "Hush.", secret=True)] = None
    flag: Annotated[bool, about("B", "Whether.", parse=environment.flag)] = False
    earlier: Annotated[
        tuple[str, ...], about("B", "Hush.", parse=environment.secret_keys, secret=True)
    ] = ()


def test_an_empty_or_blank_value_counts_as_unset() -> None:
    assert read(Sample, {"NUMBER": "", "CHOICE": "  "}) == Sample()


def test_names_of_others_are_left_alone() -> None:
    assert read(Sample, {"PATH": "/bin", "number": "7"}) == Sample()


@pytest.mark.parametrize(
    ("variable", "text", "line"),
    [
        ("NUMBER", "many", "NUMBER: expected int, got 'many'"),
        ("NUMBER", "11", "NUMBER: expected int <= 10, got '11'"),
        ("RATIO", "nan", "RATIO: expected a finite number, got 'nan'"),
        ("RATIO", "1e999", "RATIO: number out of range, got '1e999'"),
        ("CHOICE", "three", "CHOICE: expected one of one, two, got 'three'"),
        ("FLAG", "perhaps", "FLAG: expected true or false, got 'perhaps'"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_variable(
    variable: str, text: str, line: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(Sample, {variable: text})
    assert str(caught.value) == line


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1))
def test_no_text_whatever_ends_in_another_error(text: str) -> None:
    for variable in ("NUMBER", "RATIO", "CHOICE", "FLAG"):
        with suppress(SettingsError):
            read(Sample, {variable: text})


class Wider(Sample, frozen=True, kw_only=True, rename="upper"):
    width: Annotated[int, about("C", "How wide.")] = 1


def test_settings_of_a_base_class_come_last() -> None:
    assert [known.name for known in describe(Wider)] == [
        "WIDTH",
        *(known.name for known in describe(Sample)),
    ]


def test_settings_describe_themselves_with_their_defaults() -> None:
    number, ratio, choice, password, flag, earlier = describe(Sample)
    assert number == ("NUMBER", "A", "How many.", "3", False, False)
    assert (ratio.default, choice.default, flag.default) == ("0.5", "one", "false")
    assert password.default is None
    assert password.secret
    assert earlier.secret
    assert earlier.default is None


def test_a_quota_of_999999_dollars_or_more_is_none_at_all() -> None:
    assert environment.quota("999998.99") == 999_998_990_000_000
    assert environment.quota("999999") is None
    assert environment.quota("1000000") is None


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("https://Chat.Example.com", "https://chat.example.com"),
        ("https://chat.example.com:443/", "https://chat.example.com"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://a:80", "http://a"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(text: str, written: str) -> None:
    assert environment.origin(text) == written


@pytest.mark.parametrize(
    "text",
    ["chat.example.com", "ftp://a", "https://a/path", "https://u@a", "https://a?x", "http://a:b"],
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        environment.origin(text)


def test_the_address_of_an_engine_is_never_repeated() -> None:
    with pytest.raises(ValueError, match="postgresql://") as caught:
        environment.engine_url("postgresql")("mysql://me:swordfish@host/db")
    assert "swordfish" not in str(caught.value)


def test_secrets_are_told_one_by_one_and_passwords_inside_addresses_too() -> None:
    first, second, address = "f" * 32, "s" * 32, "redis://me:sword%2Ffish@cache"
    given = read(Sample, {"PASSWORD": address, "EARLIER": f"{first}, {second}"})
    assert set(environment.secrets_of(given)) == {
        address,
        "sword%2Ffish",
        "sword/fish",
        first,
        second,
    }
    assert environment.secrets_of(Sample(password="plain")) == ("plain",)


def test_an_earlier_key_that_is_too_short_is_not_repeated() -> None:
    with pytest.raises(SettingsError, match=r"^EARLIER: expected at least 32 characters$"):
        read(Sample, {"EARLIER": "x" * 32 + ",swordfish"})
