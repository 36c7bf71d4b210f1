"""What the OpenAI stub can be told to do, and the exact bytes that it then says.

A play is one answer. Tests build it; by hand it is written into a prompt or a model's name, as in
``[stub: tokens=200 gap=0.02 cut=50]``: its fields and their values, ``_`` for a space.
"""

import json
import re
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

SENTENCE = (
    "The meter runs while the answer streams so every token is counted once and nothing is lost "
    "on the way from the provider to the page where you read it"
)
WORDS = tuple(SENTENCE.split(" "))


@dataclass(frozen=True)
class Play:
    """One answer of the stub, all of it at full speed unless a pause is named.

    Positions count tokens: ``cut=3`` happens after the third. Seconds are wall-clock.
    """

    tokens: int = 12
    deltas: tuple[str, ...] | None = None
    """The texts of the deltas, instead of ``tokens`` words."""
    reasoning: tuple[str, ...] = ()
    reasoning_field: str = "reasoning_content"
    first: float = 0.0
    gap: float = 0.0
    burst: int = 1
    """Tokens per network write."""
    bytewise: bool = False
    """Every byte in a write of its own."""
    one_write: bool = False
    """Headers, all events and the end in a single write."""
    huge: int = 0
    """Characters of an extra delta behind the others: one event of that size."""
    newline: str = "\n"

    status: int = 200
    retry_after: str | None = None
    error: dict[str, Any] | None = None
    """``message``, ``type``, ``code`` of an error body; by default one like the vendor's."""
    body: bytes | None = None
    """This instead of events, as ``content_type``."""
    content_type: str = "text/event-stream; charset=utf-8"
    mute: bool = False
    """Accepts the request and never answers, not even with headers."""
    silent: int | None = None
    """Says nothing more after this many tokens, and keeps the connection."""
    cut: int | None = None
    how: Literal["rst", "fin", "clean"] = "rst"
    """A reset, an end in the middle of the body, or an orderly end without the end marker."""
    garbage: int | None = None
    rubbish: bytes = b"{not json"
    """The payload of the event that comes after ``garbage`` tokens."""
    error_event: int | None = None

    finish: str | None = "stop"
    ends: int = 1
    done: bool = True
    usage: bool = True
    more: int = 0
    """Output tokens reported beyond those sent."""
    cached: int = 0
    hold_open: bool = False
    """After ``[DONE]`` the body is not ended."""

    def texts(self) -> tuple[str, ...]:
        if self.deltas is not None:
            return self.deltas
        return tuple(
            WORDS[at % len(WORDS)] if at == 0 else " " + WORDS[at % len(WORDS)]
            for at in range(self.tokens)
        )


_DIRECTIVE = re.compile(r"\[stub:([^\]]*)\]")
_KINDS = {
    f.name: f.type.__name__ if isinstance(f.type, type) else str(f.type) for f in fields(Play)
}


def parse(prompt: str, default: Play) -> Play:
    """The play that the last directive in ``prompt`` asks for, else ``default``.

    Raises:
        ValueError: a field that a play does not have.
    """
    found = _DIRECTIVE.findall(prompt)
    if not found:
        return default
    changes: dict[str, Any] = {}
    for word in found[-1].split():
        name, _, text = word.partition("=")
        changes[name] = _value(name, text)
    return replace(default, **changes)


def _value(name: str, text: str) -> Any:
    kind = _KINDS.get(name)
    if kind is None:
        raise ValueError(f"a play has no {name!r}")
    if kind.startswith("bool"):
        return text in ("", "1", "true", "yes")
    if kind.startswith("int"):
        return int(text)
    if kind.startswith("float"):
        return float(text)
    if kind.startswith("bytes"):
        return text.replace("_", " ").encode()
    if kind.startswith("tuple"):
        return tuple(part.replace("_", " ") for part in text.split(","))
    return text.replace("_", " ")


ERRORS: dict[int, dict[str, Any]] = {
    400: {"message": "Unsupported value.", "type": "invalid_request_error", "code": None},
    401: {
        "message": "Incorrect API key provided: sk-proj-abc***wxyz.",
        "type": "invalid_request_error",
        "code": "invalid_api_key",
    },
    404: {
        "message": "The model does not exist.",
        "type": "invalid_request_error",
        "code": "model_not_found",
    },
    429: {
        "message": "Rate limit reached for requests.",
        "type": "requests",
        "code": "rate_limit_exceeded",
    },
    500: {"message": "The server had an error.", "type": "server_error", "code": None},
}


def error_body(play: Play) -> bytes:
    told = play.error or ERRORS.get(play.status) or ERRORS[500]
    return json.dumps({"error": {"param": None, **told}}).encode()


@dataclass
class Script:
    """The events of one answer, rendered with the ids that each of them repeats."""

    play: Play
    request: dict[str, Any]
    answer_id: str
    created: int
    prompt_tokens: int = 0
    sent: list[str] = field(default_factory=list)

    @property
    def wants_usage(self) -> bool:
        options = self.request.get("stream_options") or {}
        return bool(options.get("include_usage")) and self.play.usage

    def event(self, payload: bytes) -> bytes:
        end = self.play.newline.encode()
        return b"data: " + payload + end + end

    def chunk(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        body = self._frame(
            [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
        )
        if self.wants_usage:
            body["usage"] = None
        return self.event(_json(body))

    def usage_chunk(self) -> bytes:
        return self.event(_json({**self._frame([]), "usage": self.usage()}))

    def error_event(self) -> bytes:
        return self.event(_json({"error": {"param": None, **(self.play.error or ERRORS[500])}}))

    def usage(self) -> dict[str, Any]:
        output = len(self.sent) + self.play.more
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": output,
            "total_tokens": self.prompt_tokens + output,
            "prompt_tokens_details": {"cached_tokens": self.play.cached, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": len(self.play.reasoning),
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }

    def _frame(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self.answer_id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.request.get("model"),
            "service_tier": "default",
            "system_fingerprint": "fp_stub",
            "choices": choices,
        }


def _json(value: dict[str, Any]) -> bytes:
    """As the vendor writes it: compact, and beyond ASCII escaped, so that halves of surrogate pairs
    pass as they are."""
    return json.dumps(value, separators=(",", ":")).encode()
