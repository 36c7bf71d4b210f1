"""What a body is refused for."""

from typing import Any

import msgspec
import pytest

from server.domain.errors import Invalid
from server.protocol.codec import decode_body


def refused(kind: type, body: Any) -> str | None:
    """The path of the field at fault."""
    with pytest.raises(Invalid) as refusal:
        decode_body(msgspec.json.encode(body), kind)
    return refusal.value.path


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """``body`` with ``value`` at ``path``, as ``context.history``; None: without what is there."""
    name, _, inner = path.partition(".")
    if inner:
        return {**body, name: changed(body.get(name, {}), inner, value)}
    rest = {key: one for key, one in body.items() if key != name}
    return rest if value is None else {**rest, name: value}
