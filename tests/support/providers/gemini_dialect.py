"""Google Gemini, ``streamGenerateContent`` with ``alt=sse``, as its servers write it."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from tests.support.providers.dialect import Asked, Whole, compact, sse
from tests.support.providers.exchange import Exchange
from tests.support.providers.plays import Call, Play

_PATH = re.compile(r"/(?:v\w+/)?models/(?P<model>[^:]+):streamGenerateContent\?alt=sse")

_WORDS = {
    "stop": "STOP",
    "tool_calls": "STOP",
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
}

SIGNATURE = b"\x12\xf0\x01thought"
"""The signature of every first call."""

_RPC = "type.googleapis.com/google.rpc."

ERRORS: dict[int, dict[str, Any]] = {
    400: {"message": "Request contains an invalid argument.", "status": "INVALID_ARGUMENT"},
    401: {
        "message": "Request had invalid authentication credentials.",
        "status": "UNAUTHENTICATED",
        "details": [{"@type": f"{_RPC}ErrorInfo", "reason": "ACCESS_TOKEN_TYPE_UNSUPPORTED"}],
    },
    403: {
        "message": "Permission denied: Consumer 'api_key:AIzaSyStubStubStub' has been suspended.",
        "status": "PERMISSION_DENIED",
        "details": [{"@type": f"{_RPC}ErrorInfo", "reason": "CONSUMER_SUSPENDED"}],
    },
    404: {
        "message": "models/stub is not found for API version v1beta, or is not supported for "
        "generateContent. Call ListModels to see the list of available models.",
        "status": "NOT_FOUND",
    },
    429: {
        "message": "You exceeded your current quota, please check your plan and billing details.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {"@type": f"{_RPC}QuotaFailure", "violations": [{"quotaId": "RequestsPerMinute"}]},
            {"@type": f"{_RPC}RetryInfo", "retryDelay": "34s"},
        ],
    },
    500: {"message": "An internal error has occurred.", "status": "INTERNAL"},
    503: {
        "message": "The model is overloaded. Please try again later.",
        "status": "UNAVAILABLE",
    },
    504: {"message": "Deadline expired before operation.", "status": "DEADLINE_EXCEEDED"},
}

BAD_KEY: dict[str, Any] = {
    "message": "API key not valid. Please pass a valid API key.",
    "status": "INVALID_ARGUMENT",
    "details": [
        {
            "@type": f"{_RPC}ErrorInfo",
            "reason": "API_KEY_INVALID",
            "domain": "googleapis.com",
            "metadata": {"service": "generativelanguage.googleapis.com"},
        }
    ],
}
"""A wrong key is a bad request, by this vendor."""


class GeminiDialect:
    base_path = ""
    content_type = "text/event-stream"

    def asked(self, exchange: Exchange) -> Asked | None:
        found = _PATH.fullmatch(exchange.path)
        if found is None:
            return None
        contents = exchange.body.get("contents", [])
        texts = [
            " ".join(str(part.get("text", "")) for part in content.get("parts", []))
            for content in contents
        ]
        said = [text for text, of in zip(texts, contents, strict=True) if of.get("role") == "user"]
        system = exchange.body.get("systemInstruction", {}).get("parts", [])
        words = " ".join([*texts, *(str(part.get("text", "")) for part in system)]).split()
        return Asked(model=found["model"], prompt=said[-1] if said else "", tokens=len(words))

    def other(self, exchange: Exchange) -> Whole | None:
        if exchange.method == "GET" and exchange.path.partition("?")[0].endswith("/models"):
            return Whole(200, json.dumps({"models": [{"name": "models/stub"}]}).encode())
        return None

    def key(self, headers: dict[str, str]) -> str | None:
        return headers.get("x-goog-api-key")

    def error_body(self, status: int, error: dict[str, Any] | None) -> bytes:
        """Indented, over many lines, as the vendor does it."""
        told = ERRORS.get(status, ERRORS[500])
        return json.dumps({"error": {"code": status, **told, **(error or {})}}, indent=2).encode()

    def script(self, exchange: Exchange, asked: Asked, play: Play) -> "GeminiScript":
        return GeminiScript(exchange, asked, play)


class GeminiScript:
    """The events of one answer. Each tells the usage so far."""

    def __init__(self, exchange: Exchange, asked: Asked, play: Play) -> None:
        self._exchange = exchange
        self._asked = asked
        self._play = play
        self._calls = 0
        # A line ends in CRLF here; a play may want something else.
        self._newline = "\r\n" if play.newline == "\n" else play.newline

    def opening(self) -> Iterable[bytes]:
        return ()

    def reasoning(self, text: str) -> Iterable[bytes]:
        yield self._chunk([{"text": text, "thought": True}])

    def text(self, text: str) -> Iterable[bytes]:
        yield self._chunk([{"text": text}])

    def call(self, call: Call) -> Iterator[tuple[str, bytes]]:
        """A call comes whole; of several, the first is signed. Older models give no id."""
        said: dict[str, Any] = {"name": call.name, "args": json.loads(call.arguments)}
        if call.id:
            said["id"] = call.id
        part: dict[str, Any] = {"functionCall": said}
        if not self._calls:
            part["thoughtSignature"] = base64.b64encode(SIGNATURE).decode()
        self._calls += 1
        yield call.arguments, self._chunk([part])

    def ending(self) -> Iterable[bytes]:
        if finish := self._play.ends_by:
            for _ in range(self._play.ends):
                yield self._chunk([{"text": ""}], _WORDS.get(finish, finish))

    def error_event(self) -> bytes:
        told = {"code": 503, **ERRORS[503], **(self._play.error or {})}
        return self.event(compact({"error": told}))

    def event(self, payload: bytes) -> bytes:
        return sse(payload, self._newline)

    def _chunk(self, parts: list[dict[str, Any]], finish: str | None = None) -> bytes:
        candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
        if finish is not None:
            candidate["finishReason"] = finish
        chunk: dict[str, Any] = {"candidates": [candidate]}
        if self._play.usage:
            chunk["usageMetadata"] = self._usage()
        chunk |= {"modelVersion": self._asked.model, "responseId": f"stub{id(self._exchange):x}"}
        return self.event(compact(chunk))

    def _usage(self) -> dict[str, Any]:
        """Zeros are left out, as protocol buffers do; thoughts stand beside the candidates."""
        thoughts = len(self._exchange.reasoning_sent)
        candidates = self._exchange.output_tokens - thoughts + self._play.more
        figures = {
            "promptTokenCount": self._asked.tokens,
            "candidatesTokenCount": candidates,
            "totalTokenCount": self._asked.tokens + candidates + thoughts,
            "cachedContentTokenCount": self._play.cached,
            "thoughtsTokenCount": thoughts,
        }
        told: dict[str, Any] = {name: figure for name, figure in figures.items() if figure}
        told["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": self._asked.tokens}]
        return told
