"""Everything that HTTP offers, in one list: what is mounted is what is documented."""

from server.routes import (
    account,
    ai,
    audit,
    auth,
    conversations,
    credits,
    exports,
    health,
    invitations,
    keys,
    media,
    members,
    messages,
    presets,
    prices,
    providers,
    tickets,
    turns,
    usage,
    users,
    workspaces,
)
from server.routes.documents import document_operations
from server.routes.operations import Operation

OPERATIONS: tuple[Operation, ...] = (
    *auth.OPERATIONS,
    *account.OPERATIONS,
    *exports.OPERATIONS,
    *conversations.OPERATIONS,
    *messages.OPERATIONS,
    *turns.OPERATIONS,
    *media.OPERATIONS,
    *workspaces.OPERATIONS,
    *members.OPERATIONS,
    *invitations.OPERATIONS,
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
