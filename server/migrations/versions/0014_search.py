"""What was said is found by an index."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INDEX = "ix_messages_text_trigrams"


def upgrade() -> None:
    """Where the extension is not to be had, search works without it and reads more.

    An operator whose table is large makes the index beforehand, CONCURRENTLY; it is found here.
    """
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute(f"""
DO $$ BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX IF NOT EXISTS {INDEX} ON messages USING gin (text gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
  RAISE WARNING 'pg_trgm is not available, so search has no index: %', SQLERRM;
END $$
""")
