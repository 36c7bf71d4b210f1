"""Every table of the product in one metadata: what migrations must arrive at."""

from billing import alerttables, credittables, monthtables, tables
from server.persistence import (
    audit,
    conversations,
    cookiesessions,
    credentials,
    deliveries,
    exports,
    invitations,
    media,
    notifications,
    outbox,
    presets,
    signups,
    subscriptions,
    summaries,
    turns,
    users,
    webhooks,
    workers,
    workspaces,
)
from server.persistence.base import Base

MODULES = (
    alerttables,
    audit,
    conversations,
    cookiesessions,
    credentials,
    credittables,
    deliveries,
    exports,
    invitations,
    media,
    monthtables,
    notifications,
    outbox,
    presets,
    signups,
    subscriptions,
    summaries,
    tables,
    turns,
    users,
    webhooks,
    workers,
    workspaces,
)
"""Importing a module is what registers its tables."""

METADATA = Base.metadata
