"""Months that are closed: what each creator owed when one was, frozen."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_table(
        "closed_months",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("closed_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_closed_months")),
    )
    op.create_table(
        "invoices",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("creator_id", sa.Uuid(), nullable=False),
        sa.Column("cost_usd", sa.BigInteger(), nullable=False),
        sa.Column("charged", sa.BigInteger(), nullable=False),
        sa.Column("charged_usd", sa.BigInteger(), nullable=False),
        sa.Column("request_count", sa.BigInteger(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["month"], ["closed_months.month"], name=op.f("fk_invoices_month_closed_months")
        ),
        sa.ForeignKeyConstraint(
            ["creator_id"], ["users.id"], name=op.f("fk_invoices_creator_id_users")
        ),
        sa.PrimaryKeyConstraint("month", "creator_id", name=op.f("pk_invoices")),
    )
    op.create_index(op.f("ix_invoices_creator_id_month"), "invoices", ["creator_id", "month"])
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON invoices "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    for table in ("invoices", "closed_months"):
        op.drop_table(table)
