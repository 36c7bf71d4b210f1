"""Insights, what came of them, and what the host application tells of its creators."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())

LANGUAGES = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
CASES = " ".join(
    f"WHEN '{language}' THEN '{name}'::regconfig" for language, name in LANGUAGES.items()
)
CONFIGURATION = f"CASE language {CASES} ELSE 'simple'::regconfig END"

OWNED = ("insights", "oauth_accounts", "marketing_campaigns", "user_stats", "fan_subscriptions")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    _create_insights()
    _create_integrations()
    for table in OWNED:
        op.execute(
            f"CREATE TRIGGER refuse_leaving_user BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_leaving_user()"
        )


def _create_insights() -> None:
    op.create_table(
        "insights",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("confidence_at", MOMENT, nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("people", JSON, nullable=False),
        sa.Column(
            "words",
            postgresql.TSVECTOR(),
            sa.Computed(
                f"to_tsvector({CONFIGURATION}, text) || to_tsvector({CONFIGURATION}, tags)",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("shape", sa.LargeBinary(), nullable=False),
        sa.Column("creators", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("seen", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("helped", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("hindered", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("retracted_at", MOMENT, nullable=True),
        sa.Column("superseded_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "CASE audience WHEN 'own' THEN user_id IS NOT NULL AND creators = 1 "
            "WHEN 'shared' THEN user_id IS NULL AND creators >= 5 ELSE false END",
            name=op.f("ck_insights_audience"),
        ),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_insights_confidence")),
        sa.ForeignKeyConstraint(
            ["superseded_by"],
            ["insights.id"],
            name=op.f("fk_insights_superseded_by_insights"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_insights_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insights")),
    )
    op.create_index(
        "ix_insights_retracted",
        "insights",
        ["user_id", "kind", "fingerprint"],
        postgresql_where=sa.text("retracted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_insights_shape",
        "insights",
        ["kind", "shape", "user_id"],
        postgresql_where=sa.text(
            "audience = 'own' AND retracted_at IS NULL AND superseded_by IS NULL"
        ),
    )
    op.create_index(
        "ix_insights_superseded_by",
        "insights",
        ["superseded_by"],
        postgresql_where=sa.text("superseded_by IS NOT NULL"),
    )
    op.create_index(op.f("ix_insights_user_id_id"), "insights", ["user_id", "id"])
    op.create_index(
        "uq_insights_live",
        "insights",
        ["user_id", "kind", "fingerprint"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("retracted_at IS NULL AND superseded_by IS NULL"),
    )
    op.create_table(
        "insight_feedback",
        sa.Column("insight_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("helped", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["insight_id"],
            ["insights.id"],
            name=op.f("fk_insight_feedback_insight_id_insights"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("insight_id", "key", name=op.f("pk_insight_feedback")),
    )


def _create_integrations() -> None:
    op.create_table(
        "oauth_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("access_token", sa.LargeBinary(), nullable=True),
        sa.Column("refresh_token", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_oauth_accounts_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_accounts")),
        sa.UniqueConstraint(
            "user_id",
            "platform",
            "external_id",
            name=op.f("uq_oauth_accounts_user_id_platform_external_id"),
        ),
    )
    op.create_table(
        "marketing_campaigns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("revenue", sa.BigInteger(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.Column("clicked", sa.BigInteger(), nullable=False),
        sa.Column("converted", sa.BigInteger(), nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.CheckConstraint(
            "least(spent, revenue, sent, opened, clicked, converted) >= 0",
            name=op.f("ck_marketing_campaigns_positive"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_marketing_campaigns_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marketing_campaigns")),
        sa.UniqueConstraint(
            "user_id", "external_id", name=op.f("uq_marketing_campaigns_user_id_external_id")
        ),
    )
    op.create_table(
        "campaign_insights",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("insight_id", sa.Uuid(), nullable=False),
        sa.Column("linked_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["marketing_campaigns.id"],
            name=op.f("fk_campaign_insights_campaign_id_marketing_campaigns"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["insight_id"],
            ["insights.id"],
            name=op.f("fk_campaign_insights_insight_id_insights"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("campaign_id", "insight_id", name=op.f("pk_campaign_insights")),
    )
    op.create_index(op.f("ix_campaign_insights_insight_id"), "campaign_insights", ["insight_id"])
    op.create_table(
        "user_stats",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.BigInteger(), nullable=False),
        sa.Column("revenue", sa.BigInteger(), nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.CheckConstraint("answered BETWEEN 0 AND received", name=op.f("ck_user_stats_answered")),
        sa.CheckConstraint("least(received, revenue) >= 0", name=op.f("ck_user_stats_positive")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_stats_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "day", "platform", name=op.f("pk_user_stats")),
    )
    op.create_table(
        "fan_subscriptions",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("fan_id", sa.Text(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.CheckConstraint("price >= 0", name=op.f("ck_fan_subscriptions_positive")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_fan_subscriptions_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "user_id", "platform", "external_id", name=op.f("pk_fan_subscriptions")
        ),
    )
    op.create_index(
        op.f("ix_fan_subscriptions_user_id_platform"),
        "fan_subscriptions",
        ["user_id", "platform"],
        postgresql_include=["price", "started_at", "ended_at"],
    )


def downgrade() -> None:
    for table in ("campaign_insights", "insight_feedback", *OWNED):
        op.drop_table(table)
