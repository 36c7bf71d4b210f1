"""What alembic runs for every command; ``upgrade`` hands it an open connection."""

from alembic import context
from sqlalchemy.engine import Connection

from server.migrations.models import METADATA

_connection: Connection = context.config.attributes["connection"]
context.configure(connection=_connection, target_metadata=METADATA, compare_server_default=True)
context.run_migrations()
