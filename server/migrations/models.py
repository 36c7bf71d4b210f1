"""Every table of the product in one metadata: what migrations must arrive at."""

from billing import alerttables, credittables, monthtables, tables
from knowledge import experimenttables, hosttables
from knowledge import tables as knowledgetables
from server.persistence import (
    audit,
    configurations,
    conversations,
    cookiesessions,
    credentials,
    customagents,
    deliveries,
    exports,
    generations,
    invitations,
    media,
    notifications,
    outbox,
    presets,
    quickreplies,
    routing,
    schedules,
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
    configurations,
    conversations,
    cookiesessions,
    credentials,
    credittables,
    customagents,
    deliveries,
    experimenttables,
    exports,
    generations,
    hosttables,
    invitations,
    knowledgetables,
    media,
    monthtables,
    notifications,
    outbox,
    presets,
    quickreplies,
    routing,
    schedules,
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
