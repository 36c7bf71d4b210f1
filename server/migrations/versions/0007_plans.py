"""Subscriptions, and the limits that users set themselves below those of their plan.

The version before goes on beside it: it knows the plans that admins set, and no subscriptions.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

OWN = ("own_quota_usd", "own_requests_per_hour", "own_running_turns")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    for column in OWN:
        op.add_column("users", sa.Column(column, sa.BigInteger(), nullable=True))
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_subscriptions_forward")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_subscriptions_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    op.create_index(op.f("ix_subscriptions_user_id_id"), "subscriptions", ["user_id", "id"])
    op.create_index(
        "uq_subscriptions_open",
        "subscriptions",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_subscriptions_due",
        "subscriptions",
        ["ends_at"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.execute(
        "CREATE TRIGGER refuse_leaving_user BEFORE INSERT ON subscriptions "
        "FOR EACH ROW EXECUTE FUNCTION refuse_leaving_user()"
    )


def downgrade() -> None:
    op.drop_table("subscriptions")
    for column in OWN:
        op.drop_column("users", column)
