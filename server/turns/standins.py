"""Which models may answer a turn in place of the one that was asked for."""

from agents.context import Fitted
from agents.providers.registry import VISION, ModelInfo, Registry
from server.turns.tariff import Tariff


def stand_ins(
    registry: Registry, model: ModelInfo, tariff: Tariff, fitted: Fitted
) -> tuple[str, ...]:
    """Ids of the fallbacks that can take this very prompt: priced, wide enough, and able to do all
    that the model can. In a prompt without pictures nobody has to see."""
    has_pictures = any(message.images for message in fitted.messages)
    needed = set(model.capabilities) - (set() if has_pictures else {VISION})
    found = (registry.get(name) for name in model.fallbacks)
    return tuple(
        other.id
        for other in found
        if tariff.is_priced(other.id)
        and needed <= set(other.capabilities)
        and other.context_tokens >= fitted.input_tokens + min(other.output_tokens, 1_024)
    )
