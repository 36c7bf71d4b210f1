"""Usage by the hour, which baselines and reports are made of; alerts, and what admins pause.

A trigger adds up the hours, so that whoever writes usage rows, also the version before, keeps them
whole. Writers wait while the rows there are are added up: some seconds for each million of them;
billing catches up by itself.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())

NAMES = ("hour", "creator_id", "feature", "agent", "provider", "model")

SUMS = """
    SELECT date_trunc('hour', at, 'UTC') AS hour, creator_id, feature, agent, provider, model,
           count(*) AS calls, count(*) FILTER (WHERE outcome = 'failed') AS failed,
           sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
           sum(cost_usd) AS cost_usd, sum(charged) AS charged, sum(charged_usd) AS charged_usd,
           sum(cost_usd::numeric * cost_usd) AS cost_squares
    FROM {rows} GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
"""


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), nullable=False)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, MOMENT, server_default=sa.text("now()"), nullable=False)


def _count(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)


def _sum(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Numeric(), server_default="0", nullable=False)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    _create_usage_hours()
    _create_alerts()
    _create_pauses()


def _create_usage_hours() -> None:
    op.create_table(
        "usage_hours",
        sa.Column("hour", MOMENT, nullable=False),
        sa.Column("creator_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in NAMES[2:]),
        _count("calls"),
        _count("failed"),
        _sum("input_tokens"),
        _sum("output_tokens"),
        _sum("cost_usd"),
        _sum("charged"),
        _sum("charged_usd"),
        _sum("cost_squares"),
        sa.PrimaryKeyConstraint(*NAMES, name=op.f("pk_usage_hours")),
    )
    op.create_index(op.f("ix_usage_hours_creator_id_hour"), "usage_hours", ["creator_id", "hour"])
    sums = "calls failed input_tokens output_tokens cost_usd charged charged_usd cost_squares"
    added = ", ".join(f"{name} = usage_hours.{name} + excluded.{name}" for name in sums.split())
    columns = ", ".join((*NAMES, *sums.split()))
    op.execute(
        "CREATE FUNCTION add_usage_hours() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO usage_hours ({columns}) {SUMS.format(rows='fresh')} "
        f"ON CONFLICT ({', '.join(NAMES)}) DO UPDATE SET {added}; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER add_usage_hours AFTER INSERT ON usage_logs "
        "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION add_usage_hours()"
    )
    op.execute("SET LOCAL statement_timeout = 0")
    op.execute(f"INSERT INTO usage_hours ({columns}) {SUMS.format(rows='usage_logs')}")


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        _id(),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scope_kind", sa.Text(), nullable=False),
        sa.Column("scope_key", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("observed", sa.Text(), nullable=False),
        sa.Column("usual", sa.Text(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        _now("opened_at"),
        _now("updated_at"),
        sa.Column("quiet_since", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("issue_url", sa.Text(), nullable=True),
        sa.Column("issue_version", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(
        "uq_alerts_open",
        "alerts",
        ["kind", "scope_kind", "scope_key"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_alerts_issues",
        "alerts",
        ["id"],
        postgresql_where=sa.text("issue_version < version"),
    )


def _create_pauses() -> None:
    op.create_table(
        "pauses",
        _id(),
        sa.Column("scope_kind", sa.Text(), nullable=False),
        sa.Column("scope_key", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        _now("created_at"),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("lifted_at", MOMENT, nullable=True),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_pauses_alert_id_alerts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pauses")),
    )
    op.create_index(
        "uq_pauses_open",
        "pauses",
        ["scope_kind", "scope_key"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION add_usage_hours CASCADE")
    for table in ("pauses", "alerts", "usage_hours"):
        op.drop_table(table)
