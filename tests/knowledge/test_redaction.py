"""Fans are left out of what others read, however they are written; what was learned stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.redaction import CONTACT, PERSON, redact


@pytest.mark.parametrize(
    ("text", "people", "left"),
    [
        ("Marie buys on Fridays.", ["Marie Dupont"], f"{PERSON} buys on Fridays."),
        ("MARIE DUPONT's taste", ["Marie Dupont"], f"{PERSON}'s taste"),
        ("Ask Zoe or zoë.", ["Zoé"], f"Ask {PERSON} or {PERSON}."),
        ("Jean-Luc tips, Luca does not.", ["Jean-Luc"], f"{PERSON} tips, Luca does not."),
        ("A fan of Al", ["Al B"], f"A fan of {PERSON}"),
        ("田中さんは夜に買う", ["田中"], f"{PERSON}さんは夜に買う"),
        ("민준이는 밤에 산다", ["민준"], f"{PERSON}이는 밤에 산다"),
        ("Иван покупает", ["иван"], f"{PERSON} покупает"),
        ("Captions sell.", [], "Captions sell."),
        ("Captions sell.", ["", " ", "-"], "Captions sell."),
    ],
)
def test_names_are_left_out(text: str, people: list[str], left: str) -> None:
    assert redact(text, people) == left


@pytest.mark.parametrize(
    "contact",
    [
        "ada@example.com",
        "ada.l (at) example.co.uk",
        "@ada_l",
        "https://example.com/ada?x=1",
        "www.example.com",
        "t.me/ada",
        "+33 6 12 34 56 78",
        "(415) 555-0100",
        "4111 1111 1111 1111",
        "DE89 3704 0044 0532 0130 00",
    ],
)
def test_contacts_are_left_out(contact: str) -> None:
    assert redact(f"Write to {contact} in the evening") == f"Write to {CONTACT} in the evening"


@pytest.mark.parametrize(
    "text",
    [
        "Posts at 18:00 bring 12.5% more, 1,500 views, $49.99 on 3 days.",
        "Instagram stories with 3-5 hashtags beat TikTok.",
        "Les abonnés répondent 2 fois plus le soir.",
    ],
)
def test_what_was_learned_stays(text: str) -> None:
    assert redact(text, ["Ada"]) == text


@given(st.text(), st.lists(st.from_regex(r"[A-Za-z]{2,12}", fullmatch=True), max_size=4))
def test_no_name_is_ever_left(text: str, people: list[str]) -> None:
    people = [name for name in people if name.lower() not in PERSON + CONTACT]
    hidden = redact(" ".join([text, *people, text]), people).casefold().split()
    assert not {name.casefold() for name in people} & set(hidden)
