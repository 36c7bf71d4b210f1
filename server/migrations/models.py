"""Every table of the product in one metadata: what migrations must arrive at."""

from billing import tables
from server.persistence import (
    conversations,
    credentials,
    media,
    outbox,
    presets,
    summaries,
    turns,
    users,
    workers,
)
from server.persistence.base import Base

MODULES = (
    conversations,
    credentials,
    media,
    outbox,
    presets,
    summaries,
    tables,
    turns,
    users,
    workers,
)
"""Importing a module is what registers its tables."""

METADATA = Base.metadata
