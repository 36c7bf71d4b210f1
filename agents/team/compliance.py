"""Moderates what goes out: own rules first, which cost nothing, then a model for what they miss.

The model sees what the rules left, and the rules see what the model wrote: neither can let through
what the other has taken out.
"""

from msgspec import structs

from agents.assigned import Task
from agents.briefs import Section, brief
from agents.checks.compliance import Verdict, screen
from agents.checks.facts import Facts, without_claims
from agents.rules.compliance import REASONS
from agents.team.contexts import Outgoing
from agents.team.outputs import Moderation
from agents.team.specialist import Specialist


class ComplianceAgent(Specialist[Outgoing, Moderation]):
    name = "compliance"

    def ruled(self, context: Outgoing) -> Moderation:
        """What our own rules say, which costs nothing. Where they block, no model is asked."""
        verdict = _screened(context)
        return Moderation(
            verdict=verdict.outcome, reasons=_reasons(verdict), text=verdict.text, confidence=1.0
        )

    def task(self, context: Outgoing, budget_tokens: int) -> Task[Moderation]:
        verdict, forbidden = _screened(context), context.known.creator.forbidden_topics
        told = brief(
            (
                Section(name="text", lines=(verdict.text,), is_whole=True),
                Section(name="forbidden_topics", lines=forbidden),
            ),
            budget_tokens=budget_tokens,
        )
        return Task(
            instructions=self.instructions,
            text=told.text,
            output=Moderation,
            judge=ModerationJudge(verdict, forbidden),
        )


class ModerationJudge:
    """Puts both verdicts together: the stricter one holds."""

    def __init__(self, ruled: Verdict, forbidden: tuple[str, ...] = ()) -> None:
        self._ruled = ruled
        self._said = Facts(ruled.text)
        self._forbidden = forbidden

    def faults(self, answer: Moderation) -> tuple[str, ...]:
        told = []
        if answer.verdict != "allowed" and not answer.reasons:
            told.append("There is no reason.")
        if answer.verdict == "rewritten":
            if not answer.text.strip():
                told.append("There is no rewritten text; what cannot be rewritten is blocked.")
            grounds = screen(answer.text, self._forbidden).grounds
            told += [f"“{ground.said}” may not stand in the text." for ground in grounds]
            added = self._said.unfounded(answer.text)
            told += [
                f"“{claim.said}” is not in the text that was to be checked." for claim in added
            ]
        return tuple(told)

    def settled(self, answer: Moderation) -> Moderation:
        """A rewritten text is what is left of it by our own rules, without what it adds; blocked,
        where that is nothing. A text that is allowed is the one that was asked about."""
        reasons = tuple(dict.fromkeys((*_reasons(self._ruled), *answer.reasons)))
        match answer.verdict:
            case "blocked":
                text = ""
            case "allowed":
                text, reasons = self._ruled.text, _reasons(self._ruled)
            case "rewritten":
                text = self._as_was(screen(answer.text, self._forbidden).text)
        verdict = self._ruled.outcome if answer.verdict == "allowed" else "rewritten"
        return structs.replace(
            answer, verdict=verdict if text else "blocked", reasons=reasons, text=text
        )

    def _as_was(self, text: str) -> str:
        return without_claims(text, self._said.unfounded(text))


def _screened(context: Outgoing) -> Verdict:
    return screen(context.text, context.known.creator.forbidden_topics)


def _reasons(verdict: Verdict) -> tuple[str, ...]:
    found = dict.fromkeys((ground.reason, ground.said) for ground in verdict.grounds)
    return tuple(f"{REASONS[reason]}: “{said}”" for reason, said in found)
