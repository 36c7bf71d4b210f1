"""Which models there are, and who answers for each of them."""

import difflib
from collections.abc import Iterable, Mapping

from msgspec import Struct

from agents.providers.base import TextProvider
from server.domain.errors import ModelUnavailable

TEXT = "text"
VISION = "vision"
"""Sees pictures in the input."""
TOOLS = "tools"
JSON = "json"
"""Keeps to a JSON Schema by itself (its answer is checked all the same)."""
REASONING = "reasoning"
"""Can tell a summary of its reasoning."""


class ModelInfo(Struct, frozen=True, kw_only=True):
    """One model. ``id`` is ``provider/name``, ``name`` the provider's own; windows in tokens.

    ``fallbacks`` are ids of models that may answer in its place, best first. ``samples``: it takes
    temperature and top-p; where it does not they are left out.
    """

    id: str
    provider: str
    name: str
    title: str
    context_tokens: int
    output_tokens: int
    capabilities: tuple[str, ...] = (TEXT,)
    fallbacks: tuple[str, ...] = ()
    recommended: bool = False
    demo: bool = False
    samples: bool = True


class Registry:
    """The models that can be asked for, in the order in which they are offered.

    Every configured provider brings its models; one of the models is the default.
    """

    def __init__(
        self,
        models: Iterable[ModelInfo],
        providers: Mapping[str, TextProvider],
        default: str | None = None,
    ) -> None:
        """``default`` absent: the first recommended model, else the first.

        Raises:
            ValueError: there is no such default model, with the ids that come near.
        """
        self._models = {model.id: model for model in models}
        self._providers = dict(providers)
        try:
            self._default = self.get(default) if default else self._recommended()
        except ModelUnavailable as error:
            raise ValueError(error.message) from error

    @property
    def default(self) -> ModelInfo:
        return self._default

    @property
    def providers(self) -> Mapping[str, TextProvider]:
        return self._providers

    def get(self, model_id: str) -> ModelInfo:
        """Raises ModelUnavailable, naming ``model_id`` and what it may have been meant to be."""
        model = self._models.get(model_id)
        if model is None:
            near = self._near(model_id)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise ModelUnavailable(
                f"There is no model {model_id[:100]!r} here.{hint}",
                path="$.model",
                metadata={"model": model_id[:100], "near": near},
            )
        return model

    def resolve(self, model_id: str | None) -> ModelInfo:
        """As ``get``; None asks for the default model."""
        return self._default if model_id is None else self.get(model_id)

    def provider(self, model_id: str) -> TextProvider:
        """Who streams that model. Raises ModelUnavailable."""
        return self._providers[self.get(model_id).provider]

    def models(self, capability: str | None = None) -> tuple[ModelInfo, ...]:
        """All models, or those with ``capability``."""
        return tuple(
            model
            for model in self._models.values()
            if capability is None or capability in model.capabilities
        )

    def _recommended(self) -> ModelInfo:
        models = tuple(self._models.values())
        return next((model for model in models if model.recommended), models[0])

    def _near(self, model_id: str) -> list[str]:
        """Ids that look alike, or whose name was given without its provider."""
        same_name = [m.id for m in self._models.values() if m.name == model_id]
        # Long input makes the comparison slow and never finds anything.
        return same_name or difflib.get_close_matches(model_id[:100], list(self._models), n=3)
