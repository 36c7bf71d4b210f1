"""How creators want to be spoken for, what was generated and who was asked, what is tried out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())

OWNED = (
    "configurations",
    "custom_agents",
    "quick_replies",
    "generations",
    "routing_decisions",
    "experiments",
    "report_schedules",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    _create_configuration()
    _create_history()
    _create_experiments()
    for table in OWNED:
        op.execute(
            f"CREATE TRIGGER refuse_leaving_user BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_leaving_user()"
        )


def _owner(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id_users"), ondelete="CASCADE"
    )


def _moments() -> tuple[sa.Column[object], ...]:
    return tuple(
        sa.Column(name, MOMENT, server_default=sa.text("now()"), nullable=False)
        for name in ("created_at", "updated_at")
    )


def _create_configuration() -> None:
    op.create_table(
        "configurations",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("updated_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        _owner("configurations"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_configurations")),
    )
    op.create_table(
        "custom_agents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("tools", JSON, nullable=False),
        *_moments(),
        _owner("custom_agents"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_agents")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_custom_agents_user_id_name")),
    )
    op.create_table(
        "quick_replies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        *_moments(),
        _owner("quick_replies"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quick_replies")),
        sa.UniqueConstraint("user_id", "title", name=op.f("uq_quick_replies_user_id_title")),
    )


def _create_history() -> None:
    op.create_table(
        "generations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("input", JSON, nullable=False),
        sa.Column("params", JSON, nullable=False),
        sa.Column("insights", JSON, nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"], ["turns.id"], name=op.f("fk_generations_id_turns"), ondelete="CASCADE"
        ),
        _owner("generations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generations")),
    )
    op.create_index(
        op.f("ix_generations_user_id_kind_id"), "generations", ["user_id", "kind", "id"]
    )
    op.create_index(op.f("ix_generations_user_id_id"), "generations", ["user_id", "id"])
    op.create_table(
        "routing_decisions",
        sa.Column("turn_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("agents", JSON, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["turn_id"],
            ["turns.id"],
            name=op.f("fk_routing_decisions_turn_id_turns"),
            ondelete="CASCADE",
        ),
        _owner("routing_decisions"),
        sa.PrimaryKeyConstraint("turn_id", name=op.f("pk_routing_decisions")),
    )
    op.create_index(
        op.f("ix_routing_decisions_user_id_turn_id"), "routing_decisions", ["user_id", "turn_id"]
    )


def _create_experiments() -> None:
    op.create_table(
        "experiments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("variants", JSON, nullable=False),
        sa.Column("winner", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        _owner("experiments"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiments")),
    )
    op.create_index(op.f("ix_experiments_user_id_id"), "experiments", ["user_id", "id"])
    op.create_table(
        "experiment_subjects",
        sa.Column("experiment_id", sa.Uuid(), nullable=False),
        sa.Column("fan_id", sa.Text(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("assigned_at", MOMENT, nullable=False),
        sa.Column("converted", sa.Boolean(), nullable=True),
        sa.Column("revenue", sa.BigInteger(), nullable=True),
        sa.Column("reported_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(reported_at IS NULL) = (converted IS NULL) AND coalesce(revenue, 0) >= 0",
            name=op.f("ck_experiment_subjects_reported"),
        ),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiments.id"],
            name=op.f("fk_experiment_subjects_experiment_id_experiments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("experiment_id", "fan_id", name=op.f("pk_experiment_subjects")),
    )
    op.create_table(
        "report_schedules",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("cadence", sa.Text(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("last_generation_id", sa.Uuid(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        *_moments(),
        sa.CheckConstraint(
            "cadence IN ('weekly', 'monthly')", name=op.f("ck_report_schedules_cadence")
        ),
        _owner("report_schedules"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_report_schedules")),
    )
    op.create_index(op.f("ix_report_schedules_next_at"), "report_schedules", ["next_at"])


def downgrade() -> None:
    op.drop_table("experiment_subjects")
    for table in OWNED:
        op.drop_table(table)
