"""OpenAI's chat completions, and Azure's, as their servers write them."""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from tests.support.providers.dialect import Asked, Whole, compact, sse
from tests.support.providers.exchange import Exchange
from tests.support.providers.plays import Call, Play

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


class OpenAIDialect:
    base_path = "/v1"
    content_type = "text/event-stream; charset=utf-8"

    def asked(self, exchange: Exchange) -> Asked | None:
        if not exchange.path.partition("?")[0].endswith("/chat/completions"):
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
            models = {"object": "list", "data": [{"id": "stub", "object": "model", "created": 0}]}
            return Whole(200, json.dumps(models).encode())
        return None

    def key(self, headers: dict[str, str]) -> str | None:
        return headers.get("authorization", "").removeprefix("Bearer ") or None

    def error_body(self, status: int, error: dict[str, Any] | None) -> bytes:
        told = error or ERRORS.get(status) or ERRORS[500]
        return json.dumps({"error": {"param": None, **told}}).encode()

    def script(self, exchange: Exchange, asked: Asked, play: Play) -> "OpenAIScript":
        return OpenAIScript(exchange, asked, play)


class AzureDialect(OpenAIDialect):
    """The deployment is in the path, the key in a header of its own."""

    base_path = ""

    def asked(self, exchange: Exchange) -> Asked | None:
        begin, _, rest = exchange.path.partition("/openai/deployments/")
        deployment, _, rest = rest.partition("/chat/completions?api-version=")
        asked = super().asked(exchange)
        if begin or not deployment or not rest or asked is None:
            return None
        return replace(asked, model=deployment)

    def key(self, headers: dict[str, str]) -> str | None:
        return headers.get("api-key")

    def script(self, exchange: Exchange, asked: Asked, play: Play) -> "AzureScript":
        return AzureScript(exchange, asked, play)


def text_of(content: Any) -> str:
    """The text of a message's content, given as a string or in parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return str(content or "")


class OpenAIScript:
    """The events of one answer, rendered with the ids that each of them repeats."""

    def __init__(self, exchange: Exchange, asked: Asked, play: Play) -> None:
        self._exchange = exchange
        self._asked = asked
        self._play = play
        self._id = f"chatcmpl-stub{id(exchange):x}"
        self._created = int(time.time())
        self._calls = 0
        options = exchange.body.get("stream_options") or {}
        self._wants_usage = bool(options.get("include_usage")) and play.usage

    def opening(self) -> Iterable[bytes]:
        yield self._chunk({"role": "assistant", "content": "", "refusal": None})

    def reasoning(self, text: str) -> Iterable[bytes]:
        yield self._chunk({self._play.reasoning_field: text})

    def text(self, text: str) -> Iterable[bytes]:
        yield self._chunk({"refusal" if self._play.refuses else "content": text})

    def call(self, call: Call) -> Iterator[tuple[str, bytes]]:
        """Id and name come once, then the arguments in pieces, told apart by ``index``."""
        at, self._calls = self._calls, self._calls + 1
        opened = {
            "index": at,
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        }
        yield "", self._chunk({"tool_calls": [opened]})
        for piece in call.pieces:
            said = {"index": at, "function": {"arguments": piece}}
            yield piece, self._chunk({"tool_calls": [said]})

    def ending(self) -> Iterable[bytes]:
        if finish := self._play.ends_by:
            for _ in range(self._play.ends):
                yield self._chunk({}, finish)
        if self._wants_usage:
            yield self.event(compact({**self._frame([]), "usage": self.usage()}))
        if self._play.done:
            yield self.event(b"[DONE]")

    def error_event(self) -> bytes:
        return self.event(compact({"error": {"param": None, **(self._play.error or ERRORS[500])}}))

    def event(self, payload: bytes) -> bytes:
        return sse(payload, self._play.newline)

    def usage(self) -> dict[str, Any]:
        output = self._exchange.output_tokens + self._play.more
        return {
            "prompt_tokens": self._asked.tokens,
            "completion_tokens": output,
            "total_tokens": self._asked.tokens + output,
            "prompt_tokens_details": {
                "cached_tokens": self._play.cached,
                "cache_write_tokens": self._play.written,
                "audio_tokens": 0,
            },
            "completion_tokens_details": {
                "reasoning_tokens": len(self._exchange.reasoning_sent),
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        body = self._frame(
            [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
        )
        if self._wants_usage:
            body["usage"] = None
        return self.event(compact(body))

    def _frame(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._exchange.body.get("model"),
            "service_tier": "default",
            "system_fingerprint": "fp_stub",
            "choices": choices,
        }


class AzureScript(OpenAIScript):
    """What the content filter found comes first, in a chunk without choices."""

    def opening(self) -> Iterable[bytes]:
        safe = {"filtered": False, "severity": "safe"}
        found = [{"prompt_index": 0, "content_filter_results": {"hate": safe, "violence": safe}}]
        yield self.event(compact({**self._frame([]), "prompt_filter_results": found}))
        yield from super().opening()
