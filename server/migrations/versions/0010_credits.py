"""Credit packs, adjustments, and prices and usage in units other than tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

UNITS = ("images", "characters", "audio_ms")
UNIT_PRICES = ("image", "character", "second")


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, MOMENT, server_default=sa.text("now()"), nullable=False)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    for name in UNITS:
        op.add_column(
            "usage_logs", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)
        )
    for name in UNIT_PRICES:
        op.add_column("prices", sa.Column(name, sa.BigInteger(), nullable=True))
    op.create_table(
        "credit_packs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("price_usd", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        _now("created_at"),
        sa.CheckConstraint("credits > 0 AND price_usd >= 0", name=op.f("ck_credit_packs_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_packs")),
    )
    op.create_table(
        "adjustments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("turn_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("creator_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("cost_usd", sa.BigInteger(), nullable=False),
        sa.Column("charged", sa.BigInteger(), nullable=False),
        sa.Column("charged_usd", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        _now("at"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_adjustments_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["creator_id"], ["users.id"], name=op.f("fk_adjustments_creator_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustments")),
        sa.UniqueConstraint("key", name=op.f("uq_adjustments_key")),
    )
    op.create_index(op.f("ix_adjustments_creator_id_month"), "adjustments", ["creator_id", "month"])
    op.create_index(op.f("ix_adjustments_call_id"), "adjustments", ["call_id"])
    op.create_index(op.f("ix_adjustments_turn_id"), "adjustments", ["turn_id"])
    op.create_index(op.f("ix_adjustments_at"), "adjustments", ["at"])
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON adjustments "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    for table in ("adjustments", "credit_packs"):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change")
    for name in UNIT_PRICES:
        op.drop_column("prices", name)
    for name in UNITS:
        op.drop_column("usage_logs", name)
