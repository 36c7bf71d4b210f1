"""Which models may answer a turn in place of the one that was asked for."""

from collections.abc import Iterable

from agents.context import Fitted
from agents.providers.registry import REASONING, VISION, ModelInfo, Registry
from billing.pauses import PauseBook
from server.turns.tariff import Tariff


def stand_ins(
    registry: Registry,
    model: ModelInfo,
    names: Iterable[str],
    tariff: Tariff,
    fitted: Fitted,
    pauses: PauseBook,
) -> tuple[str, ...]:
    """Those of ``names`` (ids) that can take this very prompt: priced, not paused, wide enough, and
    able to do all that the model can. Nobody has to tell its reasoning, which is no part of an
    answer, nor, in a prompt without pictures, to see.

    Raises:
        ModelUnavailable: there is no such model.
    """
    has_pictures = any(message.images for message in fitted.messages)
    needed = set(model.capabilities) - {REASONING} - (set() if has_pictures else {VISION})
    found = [registry.get(name) for name in names]
    return tuple(
        other.id
        for other in found
        if tariff.is_priced(other.id)
        and not pauses.has_model(other.id, other.provider)
        and needed <= set(other.capabilities)
        and other.context_tokens >= fitted.input_tokens + min(other.output_tokens, 1_024)
    )
