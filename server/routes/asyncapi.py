"""AsyncAPI 3 of both WebSocket protocols, made of their structs (S12)."""

from typing import Any

from msgspec import inspect

from server.protocol import commands, events, feed
from server.routes.schemas import components, meaning, without_discriminators

ANSWERS: dict[type, type] = {
    commands.StartTurn: events.TurnStarted,
    commands.EstimateTurn: events.TurnEstimated,
    commands.CancelTurn: events.TurnCancelling,
    commands.AttachTurn: events.TurnAttached,
    commands.SubscribeConversation: events.ConversationSubscribed,
    commands.UnsubscribeConversation: events.ConversationUnsubscribed,
    commands.Ping: events.Pong,
    feed.SubscribeFeed: feed.FeedSnapshot,
}
"""The direct answer to each command, where it is not an ``error``."""

CHANNELS = (
    (
        "session",
        "/ws",
        "causerie.v1",
        "Conversations: many turns at once on one connection.",
        commands.ClientCommand,
        events.ServerEvent,
    ),
    (
        "costs",
        "/ws/admin/costs",
        "causerie.costs.v1",
        "What is being spent at this moment, for admins.",
        feed.FeedCommand,
        feed.FeedEvent,
    ),
)


def members(union: Any) -> list[type]:
    """The structs of a union, in its order."""
    info = inspect.type_info(union)
    while isinstance(info, inspect.Metadata):
        info = info.type
    kinds = info.types if isinstance(info, inspect.UnionType) else (info,)
    return [kind.cls for kind in kinds if isinstance(kind, inspect.StructType)]


def tag_of(kind: type) -> str:
    """The ``type`` that a message has on the wire."""
    info = inspect.type_info(kind)
    if not isinstance(info, inspect.StructType) or info.tag is None:
        raise TypeError(f"{kind.__name__} is no message")
    return str(info.tag)


def asyncapi(*, version: str) -> dict[str, Any]:
    """The whole document, as JSON values. Its point of view is the server's: it receives commands
    and sends events."""
    kinds = [k for channel in CHANNELS for union in channel[4:] for k in members(union)]
    _, named = components(kinds)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Causerie",
            "version": version,
            "description": "Conversations with AI agents over a WebSocket, metered. "
            "Text frames, one JSON object each; see docs/protocol.md.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {
                "host": "127.0.0.1:8000",
                "protocol": "ws",
                "security": [{"$ref": "#/components/securitySchemes/bearer"}],
            }
        },
        "channels": {channel[0]: _channel(*channel) for channel in CHANNELS},
        "operations": {
            name: operation
            for channel, _, _, _, asked, said in CHANNELS
            for name, operation in _operations(channel, members(asked), members(said)).items()
        },
        "components": {
            "messages": {kind.__name__: _message(kind) for kind in dict.fromkeys(kinds)},
            "schemas": without_discriminators(named),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key; or, as a second subprotocol `bearer.<token>`, a key"
                    " or a ticket; or the sign-in cookie of an allowed origin.",
                }
            },
        },
    }


def _channel(
    name: str, address: str, subprotocol: str, description: str, asked: Any, said: Any
) -> dict[str, Any]:
    kinds = dict.fromkeys([*members(asked), *members(said)])
    return {
        "address": address,
        "description": description,
        "messages": {
            kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"} for kind in kinds
        },
        "bindings": {
            "ws": {
                "method": "GET",
                "headers": {
                    "type": "object",
                    "properties": {
                        "Sec-WebSocket-Protocol": {"type": "string", "const": subprotocol}
                    },
                },
            }
        },
    }


def _operations(channel: str, asked: list[type], said: list[type]) -> dict[str, Any]:
    there = {"$ref": f"#/channels/{channel}"}
    found: dict[str, Any] = {}
    for kind in asked:
        answer, refusal = ANSWERS[kind].__name__, events.ErrorEvent.__name__
        found[f"{channel}{kind.__name__}"] = {
            "action": "receive",
            "channel": there,
            "summary": meaning(kind),
            "messages": [_in_channel(channel, kind.__name__)],
            "reply": {
                "channel": there,
                "messages": [_in_channel(channel, answer), _in_channel(channel, refusal)],
            },
        }
    answers = {ANSWERS[kind] for kind in asked} - {events.TurnStarted}
    for kind in said:
        if kind not in answers:
            found[f"{channel}{kind.__name__}"] = {
                "action": "send",
                "channel": there,
                "summary": meaning(kind),
                "messages": [_in_channel(channel, kind.__name__)],
            }
    return found


def _in_channel(channel: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/channels/{channel}/messages/{name}"}


def _message(kind: type) -> dict[str, Any]:
    return {
        "name": tag_of(kind),
        "title": tag_of(kind),
        "summary": meaning(kind),
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
    }
