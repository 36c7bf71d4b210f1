"""What the end of an experiment teaches agents: an insight with its figures. Pure."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from knowledge.experimentresults import VariantResult, Verdict, verdict
from server.domain.insights import InsightKind, NewInsight

SOURCE = "experiments"

CONFIDENCE = {Verdict.PROVEN: 0.9, Verdict.OPEN: 0.4}
"""Proven: of twenty such findings one is chance. Open: somebody preferred it, whom figures neither
support nor contradict."""

QUOTED, NAMED = 300, 120
"""Characters that are repeated of a message and of a name: with two messages and figures an insight
is not full."""


def lesson(
    experiment: UUID,
    name: str,
    texts: Mapping[str, str],
    shown: Sequence[VariantResult],
    winner: str,
) -> NewInsight | None:
    """``texts`` by variant. None: figures say that the winner is the worse one."""
    found = verdict(shown, winner)
    if found is Verdict.REFUTED:
        return None
    control, *others = shown
    if winner == control.key:
        won, other = control, max(others, key=lambda one: one.rate or 0.0)
    else:
        won, other = next(one for one in others if one.key == winner), control
    doubt = "" if found is Verdict.PROVEN else " The first was preferred; it may be chance."
    return NewInsight(
        kind=InsightKind.SALES_TACTIC,
        source=SOURCE,
        text=(
            f"A/B test {_quote(name, NAMED)}: {_quote(texts[won.key], QUOTED)} {_figures(won)},"
            f" {_quote(texts[other.key], QUOTED)} {_figures(other)}.{doubt}"
        ),
        confidence=CONFIDENCE[found],
        data={"experimentId": str(experiment), "variant": winner},
        tags=("a/b test",),
    )


def _figures(one: VariantResult) -> str:
    if one.rate is None:
        return "is untried"
    return f"converted {one.tally.converted} of {one.tally.reported} fans ({one.rate:.1%})"


def _quote(text: str, most: int) -> str:
    plain = " ".join(text.split())
    return f"“{plain if len(plain) <= most else plain[: most - 1] + '…'}”"
