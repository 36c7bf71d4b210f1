"""Everything that HTTP offers, in one list: what is mounted is what is documented."""

from server.routes import (
    ai,
    audit,
    auth,
    conversations,
    credits,
    health,
    keys,
    media,
    messages,
    presets,
    prices,
    providers,
    tickets,
    turns,
    usage,
    users,
)
from server.routes.documents import document_operations
from server.routes.operations import Operation

OPERATIONS: tuple[Operation, ...] = (
    *auth.OPERATIONS,
    *conversations.OPERATIONS,
    *messages.OPERATIONS,
    *turns.OPERATIONS,
    *media.OPERATIONS,
    *presets.OPERATIONS,
    *credits.OPERATIONS,
    *ai.OPERATIONS,
    *usage.OPERATIONS,
    *prices.OPERATIONS,
    *users.OPERATIONS,
    *audit.OPERATIONS,
    *providers.OPERATIONS,
    *keys.OPERATIONS,
    *tickets.OPERATIONS,
    *health.OPERATIONS,
    *document_operations(lambda: OPERATIONS),
)
"""The whole REST interface: routing table and OpenAPI are made of these rows."""
