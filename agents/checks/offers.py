"""Which parts of a message to a fan are borne out by the context; what is not is taken out.

One more call is spent on a text that invents. What it invents again is cut sentence by sentence:
the rest is right, paid for, and wanted soon. A text that nothing is left of fails, since an empty
message, or one of our own words, is not what was asked for.
"""

from collections.abc import Collection, Iterable
from decimal import Decimal

from agents.checks.facts import Claim, Facts, without_claims
from agents.rules.claims import ClaimKind
from server.domain.errors import SchemaMismatch

NEEDED: dict[str, ClaimKind] = {
    "scarcity": ClaimKind.SCARCITY,
    "urgency": ClaimKind.DEADLINE,
    "social proof": ClaimKind.POPULARITY,
}
"""Tactics that are a lie unless the context bears them out."""


class Offers:
    """What may be offered, by the facts of one context."""

    def __init__(self, facts: str, kinds: Collection[ClaimKind]) -> None:
        self._facts = Facts(facts)
        self._kinds = kinds

    def faults(self, texts: Iterable[str]) -> tuple[str, ...]:
        """What ``texts`` invent, each once, in sentences for the model."""
        said = dict.fromkeys((claim.kind, claim.said) for text in texts for claim in self.of(text))
        return tuple(f"“{words}” ({kind}) is not in the context." for kind, words in said)

    def of(self, text: str) -> tuple[Claim, ...]:
        return self._facts.unfounded(text, self._kinds)

    def cut(self, text: str) -> str:
        """``text`` without the sentences that invent; maybe empty."""
        found = self.of(text)
        return without_claims(text, found) if found else text

    def kept(self, text: str) -> str:
        """As ``cut``, of a text that is needed.

        Raises:
            SchemaMismatch: nothing is left; ``metadata`` says what was invented.
        """
        left = self.cut(text)
        if not left:
            raise SchemaMismatch(
                "Nothing that is known to be true is left of the model's answer.",
                metadata={"invented": [claim.said for claim in self.of(text)]},
            )
        return left

    def knows(self, price: str) -> bool:
        return not self._facts.unfounded(f"{Decimal(price):f} EUR")

    def allows(self, tactic: str) -> bool:
        return tactic not in NEEDED or NEEDED[tactic] in self._facts.kinds
