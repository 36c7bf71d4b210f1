"""Every table of the product in one metadata: what migrations must arrive at."""

from billing import tables
from server.persistence import conversations, credentials, outbox, presets, turns, users, workers
from server.persistence.base import Base

MODULES = (conversations, credentials, outbox, presets, tables, turns, users, workers)
"""Importing a module is what registers its tables."""

METADATA = Base.metadata
