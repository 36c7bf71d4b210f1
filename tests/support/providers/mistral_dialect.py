"""Mistral's chat completions, as its servers write them."""

import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

from tests.support.providers.dialect import Asked, Whole, compact, sse
from tests.support.providers.exchange import Exchange
from tests.support.providers.openai_dialect import text_of
from tests.support.providers.plays import Call, Play

ERRORS: dict[int, dict[str, Any]] = {
    400: {
        "message": "Expected last role User or Tool (or Assistant with prefix True) for serving.",
        "type": "invalid_request_message_order",
        "code": "3230",
    },
    404: {"message": "no Route matched with those values", "type": "not_found", "code": None},
    429: {"message": "Rate limit exceeded", "type": "rate_limited", "code": "1300"},
    500: {"message": "Internal server error", "type": "internal_server_error", "code": "1000"},
    503: {"message": "Service unavailable.", "type": "internal_server_error", "code": "3700"},
}

INVALID_MODEL: dict[str, Any] = {
    "message": "Invalid model: stub",
    "type": "invalid_model",
    "code": "1500",
}
"""A model that there is not is a bad request, by this vendor."""


class MistralDialect:
    base_path = ""
    content_type = "text/event-stream; charset=utf-8"

    def asked(self, exchange: Exchange) -> Asked | None:
        if exchange.path != "/v1/chat/completions":
            return None
        messages = exchange.body.get("messages", [])
        said = [text_of(m.get("content")) for m in messages if m.get("role") == "user"]
        return Asked(
            model=str(exchange.body.get("model")),
            prompt=said[-1] if said else "",
            tokens=len(" ".join(str(m.get("content")) for m in messages).split()),
        )

    def other(self, exchange: Exchange) -> Whole | None:
        if exchange.method == "GET" and exchange.path.endswith("/models"):
            models = {"object": "list", "data": [{"id": "stub", "object": "model"}]}
            return Whole(200, json.dumps(models).encode())
        return None

    def key(self, headers: dict[str, str]) -> str | None:
        return headers.get("authorization", "").removeprefix("Bearer ") or None

    def error_body(self, status: int, error: dict[str, Any] | None) -> bytes:
        """Of three shapes: the gateway's, that of a request which cannot be read, the model's."""
        if error is None and status == 401:
            return b'{"detail":"Unauthorized"}'
        if error is None and status == 422:
            wrong = {"type": "missing", "loc": ["body", "messages"], "msg": "Field required"}
            return json.dumps({"detail": [wrong]}).encode()
        told = error or ERRORS.get(status) or ERRORS[500]
        whole = {"object": "error", "param": None, **told, "raw_status_code": status}
        return json.dumps(whole).encode()

    def script(self, exchange: Exchange, asked: Asked, play: Play) -> "MistralScript":
        return MistralScript(exchange, asked, play)


class MistralScript:
    """The events of one answer. What was thought are parts of content; usage comes with the end."""

    def __init__(self, exchange: Exchange, asked: Asked, play: Play) -> None:
        self._exchange = exchange
        self._asked = asked
        self._play = play
        self._id = f"stub{id(exchange):x}"
        self._created = int(time.time())
        self._calls = 0

    def opening(self) -> Iterable[bytes]:
        yield self._chunk({"role": "assistant", "content": ""})

    def reasoning(self, text: str) -> Iterable[bytes]:
        thought = {"type": "thinking", "thinking": [{"type": "text", "text": text}]}
        yield self._chunk({"content": [thought]})

    def text(self, text: str) -> Iterable[bytes]:
        """In parts behind a thought, as a string otherwise."""
        parts = [{"type": "text", "text": text}]
        yield self._chunk({"content": parts if self._play.reasoning else text})

    def call(self, call: Call) -> Iterator[tuple[str, bytes]]:
        """A call comes whole."""
        said = {"name": call.name, "arguments": call.arguments}
        whole = {"id": call.id, "function": said, "index": self._calls}
        self._calls += 1
        yield call.arguments, self._chunk({"content": "", "tool_calls": [whole]})

    def ending(self) -> Iterable[bytes]:
        if finish := self._play.ends_by:
            for _ in range(self._play.ends):
                yield self._chunk({"content": ""}, finish)
        if self._play.done:
            yield self.event(b"[DONE]")

    def error_event(self) -> bytes:
        told = self._play.error or ERRORS[500]
        return self.event(compact({"object": "error", "param": None, **told}))

    def event(self, payload: bytes) -> bytes:
        return sse(payload, self._play.newline)

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        chunk: dict[str, Any] = {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._asked.model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }
        if finish is not None and self._play.usage:
            chunk["usage"] = self._usage()
        # Of changing length, so that nobody reads tokens off the size of packets.
        chunk["p"] = "abcdefghijklmnopqrstuvwxyz0123456789"[: self._exchange.tokens_sent % 36]
        return self.event(compact(chunk))

    def _usage(self) -> dict[str, Any]:
        output = self._exchange.output_tokens + self._play.more
        return {
            "prompt_tokens": self._asked.tokens,
            "total_tokens": self._asked.tokens + output,
            "completion_tokens": output,
            "num_cached_tokens": self._play.cached,
        }
