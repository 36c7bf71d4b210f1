"""Anthropic's messages, as its server writes them: named events, blocks that open and close."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tests.support.providers.dialect import Asked, Whole, compact, sse
from tests.support.providers.exchange import Exchange
from tests.support.providers.openai_dialect import text_of
from tests.support.providers.plays import Call, Play

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
MESSAGES = {401: "invalid x-api-key: sk-ant-abc***wxyz"}

STOPS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "content_filter": "refusal",
    "tool_calls": "tool_use",
}


class AnthropicDialect:
    base_path = ""
    content_type = "text/event-stream; charset=utf-8"

    def asked(self, exchange: Exchange) -> Asked | None:
        if exchange.path != "/v1/messages":
            return None
        body = exchange.body
        messages = body.get("messages", [])
        said = [text_of(m["content"]) for m in messages if m["role"] == "user"]
        everything = (text_of(body.get("system")), *(text_of(m["content"]) for m in messages))
        return Asked(
            model=str(body.get("model")),
            prompt=said[-1] if said else "",
            tokens=len(" ".join(everything).split()),
        )

    def other(self, exchange: Exchange) -> Whole | None:
        return None

    def key(self, headers: dict[str, str]) -> str | None:
        """Without the version of the wire, the vendor takes no key."""
        if "anthropic-version" not in headers:
            return None
        return headers.get("authorization", "").removeprefix("Bearer ") or headers.get("x-api-key")

    def error_body(self, status: int, error: dict[str, Any] | None) -> bytes:
        told = {
            "type": TYPES.get(status, "api_error"),
            "message": MESSAGES.get(status, "The request failed."),
            **(error or {}),
        }
        return json.dumps({"type": "error", "error": told, "request_id": "req_stub"}).encode()

    def script(self, exchange: Exchange, asked: Asked, play: Play) -> "AnthropicScript":
        return AnthropicScript(exchange, asked, play)


class AnthropicScript:
    """One block is open at a time; its index is counted on."""

    def __init__(self, exchange: Exchange, asked: Asked, play: Play) -> None:
        self._exchange = exchange
        self._asked = asked
        self._play = play
        self._at = -1
        self._open: str | None = None

    def opening(self) -> Iterable[bytes]:
        message: dict[str, Any] = {
            "id": f"msg_stub{id(self._exchange):x}",
            "type": "message",
            "role": "assistant",
            "model": self._asked.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
        }
        if self._play.usage:
            message["usage"] = {**self._input(), "output_tokens": 1, "service_tier": "standard"}
        yield self._event("message_start", {"message": message})
        yield self._event("ping", {})

    def reasoning(self, text: str) -> Iterable[bytes]:
        yield from self._block("thinking", {"thinking": "", "signature": ""})
        yield self._delta("thinking_delta", {"thinking": text})

    def text(self, text: str) -> Iterable[bytes]:
        yield from self._block("text", {"text": ""})
        yield self._delta("text_delta", {"text": text})

    def call(self, call: Call) -> Iterator[tuple[str, bytes]]:
        begin = {"id": call.id, "name": call.name, "input": {}}
        yield "", b"".join(self._block("tool_use", begin, anew=True))
        for piece in call.pieces:
            yield piece, self._delta("input_json_delta", {"partial_json": piece})

    def ending(self) -> Iterable[bytes]:
        yield from self._close()
        if finish := self._play.ends_by:
            for _ in range(self._play.ends):
                yield self._event(
                    "message_delta",
                    {
                        "delta": {
                            "stop_reason": STOPS.get(finish, finish),
                            "stop_sequence": None,
                        },
                        **({"usage": self._usage()} if self._play.usage else {}),
                    },
                )
            if self._play.done:
                yield self._event("message_stop", {})

    def error_event(self) -> bytes:
        told = {"type": "api_error", "message": "Internal server error", **(self._play.error or {})}
        return self._event("error", {"error": told})

    def event(self, payload: bytes) -> bytes:
        return sse(payload, self._play.newline, "content_block_delta")

    def _input(self) -> dict[str, Any]:
        """Cached tokens stand beside the others here."""
        plain = self._asked.tokens - self._play.cached - self._play.written
        return {
            "input_tokens": plain,
            "cache_read_input_tokens": self._play.cached,
            "cache_creation_input_tokens": self._play.written,
        }

    def _usage(self) -> dict[str, Any]:
        return {
            "output_tokens": self._exchange.output_tokens + self._play.more,
            "output_tokens_details": {"thinking_tokens": len(self._exchange.reasoning_sent)},
        }

    def _block(self, kind: str, begin: dict[str, Any], *, anew: bool = False) -> Iterable[bytes]:
        if self._open == kind and not anew:
            return
        yield from self._close()
        self._at, self._open = self._at + 1, kind
        yield self._event(
            "content_block_start",
            {"index": self._at, "content_block": {"type": kind, **begin}},
        )

    def _close(self) -> Iterable[bytes]:
        if self._open == "thinking":
            yield self._delta("signature_delta", {"signature": "sealed"})
        if self._open is not None:
            yield self._event("content_block_stop", {"index": self._at})
        self._open = None

    def _delta(self, kind: str, said: dict[str, Any]) -> bytes:
        return self._event(
            "content_block_delta", {"index": self._at, "delta": {"type": kind, **said}}
        )

    def _event(self, kind: str, said: dict[str, Any]) -> bytes:
        return sse(compact({"type": kind, **said}), self._play.newline, kind)
