"""Answers in JSON, where a request wants them: an instance of its schema, whichever vendor's way
the schema came.

    stub.composes = composed
"""

import random
from typing import Any

from agents.providers.demo_json import DemoInstance
from tests.support.providers.dialect import Asked, compact
from tests.support.providers.exchange import Exchange
from tests.support.providers.plays import Play

PIECE = 12
"""Characters of a delta."""


def composed(asked: Asked, exchange: Exchange) -> Play | None:
    """None: no schema came with the request."""
    schema = _schema(exchange.body)
    if schema is None:
        return None
    value = DemoInstance(schema, asked.prompt, random.Random(0)).make()
    text = compact(value).decode()
    pieces = (text[at : at + PIECE] for at in range(0, len(text), PIECE))
    return Play(deltas=tuple(pieces))


def _schema(body: Any) -> dict[str, Any] | None:
    """The first JSON Schema of an object in ``body``, outside of what tools are told."""
    if isinstance(body, list):
        return next(filter(None, map(_schema, body)), None)
    if not isinstance(body, dict):
        return None
    if body.get("type") == "object" and "properties" in body:
        return body
    inner = (value for name, value in body.items() if name != "tools")
    return next(filter(None, map(_schema, inner)), None)
