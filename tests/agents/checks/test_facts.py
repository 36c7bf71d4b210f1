"""What a text claims has to stand in what is known, in any language, however it is written."""

from collections.abc import Collection
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.checks.facts import ALL_KINDS, OFFER_KINDS, Claim, Facts, claims, without_claims
from agents.rules.claims import ClaimKind
from tests.agents.checks import claims_talk

FACTS = "Beach set, 40 photos, price 25 EUR. She bought 3 sets for 1,299.00 in all."

INVENTED = [
    ("Only 3 left!", ClaimKind.SCARCITY),
    ("Just a few spots left for you", ClaimKind.SCARCITY),
    ("It is almost gone", ClaimKind.SCARCITY),
    ("Limited edition, darling", ClaimKind.SCARCITY),
    ("Il n'en reste que 3", ClaimKind.SCARCITY),
    ("Plus que 3 exemplaires", ClaimKind.SCARCITY),
    ("C\u2019est la dernière chance", ClaimKind.SCARCITY),
    ("Presque épuisé !", ClaimKind.SCARCITY),
    ("Solo quedan 3", ClaimKind.SCARCITY),
    ("Es la última oportunidad", ClaimKind.SCARCITY),
    ("Edición limitada", ClaimKind.SCARCITY),
    ("Nur noch 3 Stück", ClaimKind.SCARCITY),
    ("Das ist deine letzte Chance", ClaimKind.SCARCITY),
    ("Fast ausverkauft", ClaimKind.SCARCITY),
    ("Streng limitiert", ClaimKind.SCARCITY),
    ("Get 25% off", ClaimKind.DISCOUNT),
    ("À moitié prix", ClaimKind.DISCOUNT),
    ("Con descuento", ClaimKind.DISCOUNT),
    ("25 % Rabatt für dich", ClaimKind.DISCOUNT),
    ("Tonight only", ClaimKind.DEADLINE),
    ("It ends tomorrow", ClaimKind.DEADLINE),
    ("Jusqu'à minuit", ClaimKind.DEADLINE),
    ("Solo por hoy", ClaimKind.DEADLINE),
    ("Nur noch heute", ClaimKind.DEADLINE),
    ("Thousands of fans have it", ClaimKind.POPULARITY),
    ("Le plus demandé", ClaimKind.POPULARITY),
    ("For you $19.99", ClaimKind.PRICE),
    ("Pour toi 19,99 €", ClaimKind.PRICE),
    ("Solo 30 euros", ClaimKind.PRICE),
    ("There are 41 photos", ClaimKind.NUMBER),
]

TRUE = [
    "The beach set has 40 photos and costs €25.",
    "25,00 € pour toi",
    "You have 3 of my sets already",
    "You spent 1299 so far, or 1.299,00 if you like",
    "I thought of you last night, feel free to write",
    "J'ai pensé à toi cette nuit, écris-moi",
    "He pensado en ti toda la noche",
    "Ich habe heute an dich gedacht, bis bald",
    "I am here 24/7 1️⃣ 2️⃣ #2026goals",
]


def unfounded(said: str, facts: str, kinds: Collection[ClaimKind] = ALL_KINDS) -> tuple[Claim, ...]:
    return Facts(facts).unfounded(said, kinds)


@pytest.mark.parametrize(("said", "kind"), [*INVENTED, *claims_talk.INVENTED])
def test_what_nobody_said_is_found(said: str, kind: ClaimKind) -> None:
    assert kind in {claim.kind for claim in unfounded(said, FACTS)}


@pytest.mark.parametrize("said", TRUE)
def test_what_is_known_may_be_said(said: str) -> None:
    assert unfounded(said, FACTS) == ()


@pytest.mark.parametrize("said", claims_talk.ORDINARY)
def test_the_same_words_without_an_offer_claim_nothing(said: str) -> None:
    assert unfounded(said, "", OFFER_KINDS) == ()


def test_facts_are_read_once_however_many_texts_are_held_against_them() -> None:
    facts = Facts("5 EUR, only until Friday")
    numbers, kinds = facts.numbers, facts.kinds
    assert facts.unfounded("5 EUR, only until Friday!") == ()
    assert facts.numbers is numbers
    assert facts.kinds is kinds


def test_a_price_in_words_is_a_price() -> None:
    assert unfounded("It costs twenty dollars", "Price: 20 USD") == ()
    assert unfounded("Zwanzig Euro", "veinte euros") == ()
    (claim,) = unfounded("It costs thirty dollars", "Price: 20 USD")
    assert claim.numbers == frozenset({Decimal(30)})


@pytest.mark.parametrize("deadline", ["20% off until Friday", "20 % Rabatt bis Freitag"])
def test_a_deadline_behind_a_discount_is_known_as_well(deadline: str) -> None:
    assert unfounded("Nur noch heute", deadline) == ()


def test_a_claim_in_words_is_borne_out_in_any_language_with_its_own_figure() -> None:
    known = "Edition: only 3 left. 20% off until midnight."
    assert unfounded("Nur noch 3 Stück. 20 % Rabatt, nur noch heute.", known) == ()
    (claim,) = unfounded("Nur noch 2 Stück.", known)
    assert (claim.kind, claim.numbers) == (ClaimKind.SCARCITY, frozenset({Decimal(2)}))


def test_a_figure_of_the_context_is_no_reason_for_scarcity() -> None:
    assert [claim.said for claim in unfounded("Only 3 left!", FACTS)] == ["Only 3 left"]


def test_small_talk_may_have_figures_of_its_own() -> None:
    said = "I slept 9 hours. For you 9 euros."
    assert [claim.kind for claim in unfounded(said, "", OFFER_KINDS)] == [ClaimKind.PRICE]


def test_the_sentence_that_claims_goes_and_the_others_stay_as_they_were() -> None:
    said = "Hello you! Only 3 left, hurry. The set costs 25.00 EUR.\nKisses"
    assert without_claims(said, unfounded(said, FACTS)) == (
        "Hello you! The set costs 25.00 EUR.\nKisses"
    )


@given(st.text(max_size=60))
def test_a_text_bears_itself_out(said: str) -> None:
    assert unfounded(said, said) == ()


@given(st.text(alphabet="only 3left5%€.,!\n", max_size=60), st.text("25 €.", max_size=10))
def test_what_is_left_claims_nothing_that_was_found(said: str, facts: str) -> None:
    found = unfounded(said, facts)
    left = without_claims(said, found)
    assert len(left) <= len(said)
    assert bool(found) or left == said.strip()
    assert all(0 <= claim.at < len(said) for claim in claims(said))


def test_a_part_of_a_number_is_not_taken_for_a_number() -> None:
    known = "Seen 1 234 times, 12.345,60 EUR in all, since 2026"
    assert unfounded("1 234 times! 12345.6 EUR, since 2026", known) == ()
    assert [claim.said for claim in unfounded("234 times, 345 EUR", known)] == ["234", "345 EUR"]
    assert unfounded("In 2026 500 fans", "2026, 500") == ()
