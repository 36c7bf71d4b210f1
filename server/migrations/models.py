"""Every table of the product in one metadata: what migrations must arrive at."""

from billing import tables
from server.persistence import (
    audit,
    conversations,
    cookiesessions,
    credentials,
    exports,
    invitations,
    media,
    outbox,
    presets,
    signups,
    summaries,
    turns,
    users,
    workers,
    workspaces,
)
from server.persistence.base import Base

MODULES = (
    audit,
    conversations,
    cookiesessions,
    credentials,
    exports,
    invitations,
    media,
    outbox,
    presets,
    signups,
    summaries,
    tables,
    turns,
    users,
    workers,
    workspaces,
)
"""Importing a module is what registers its tables."""

METADATA = Base.metadata
