"""Users of host applications, shared workspaces that pay, sign-ups, invitations, the audit log,
exports, and users that leave.

The version before goes on beside it; it does not know users without an e-mail address, so it should
be gone before host applications send theirs.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())

OWNED = (
    "api_keys",
    "conversations",
    "cookie_sessions",
    "exports",
    "invitations",
    "media",
    "presets",
    "tickets",
    "turns",
    "workspace_members",
)
"""Tables of what goes with its user."""


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), nullable=False)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, MOMENT, server_default=sa.text("now()"), nullable=False)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.alter_column("users", "email", nullable=True)
    op.add_column("users", sa.Column("issuer", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("external_id", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("suspended_at", MOMENT, nullable=True))
    op.add_column("users", sa.Column("deletion_requested_at", MOMENT, nullable=True))
    op.create_unique_constraint(
        op.f("uq_users_issuer_external_id"), "users", ["issuer", "external_id"]
    )
    op.create_check_constraint(
        op.f("ck_users_named_whole"), "users", "(issuer IS NULL) = (external_id IS NULL)"
    )
    op.drop_index("uq_users_email", "users")
    op.create_index(
        "uq_users_email",
        "users",
        [sa.literal_column("lower(email)")],
        unique=True,
        postgresql_where=sa.text("issuer IS NULL"),
    )
    op.create_index(
        "ix_users_leaving",
        "users",
        ["deletion_requested_at"],
        postgresql_where=sa.text("deletion_requested_at IS NOT NULL AND deleted_at IS NULL"),
    )
    op.add_column(
        "workspaces",
        sa.Column("pays", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("workspaces", sa.Column("requests_per_hour", sa.BigInteger(), nullable=True))
    op.add_column("workspaces", sa.Column("deleted_at", MOMENT, nullable=True))
    op.execute(  # every workspace that can be shared has an account
        "INSERT INTO accounts (id, kind, owner_id) "
        "SELECT id, 'workspace', id FROM workspaces WHERE NOT personal ON CONFLICT DO NOTHING"
    )
    op.add_column("workspace_members", _now("joined_at"))
    op.add_column(
        "cookie_sessions", sa.Column("address", sa.Text(), server_default="", nullable=False)
    )
    op.add_column("cookie_sessions", sa.Column("last_seen_at", MOMENT, nullable=True))
    op.add_column("api_keys", sa.Column("workspace_id", sa.Uuid(), nullable=True))
    op.add_column("api_keys", sa.Column("issuer", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("fk_api_keys_workspace_id_workspaces"),
        "api_keys",
        "workspaces",
        ["workspace_id"],
        ["id"],
    )
    op.add_column("tickets", sa.Column("credential_expires_at", MOMENT, nullable=True))
    _create_sign_ups()
    _create_invitations()
    _create_audit_entries()
    _create_exports()
    op.create_index(op.f("ix_messages_parent_id"), "messages", ["parent_id"])
    _shut_the_door_behind_leaving_users()


def _shut_the_door_behind_leaving_users() -> None:
    """Whoever writes something of a user that is leaving was let in before, and comes too late.

    Marking a user locks the row FOR UPDATE: whatever was written before is seen afterwards, and
    whatever comes later finds the mark here. So what is emptied stays empty, and who has lost their
    name is given none again.
    """
    op.execute(
        """
        CREATE FUNCTION refuse_leaving_user() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            who uuid;
            is_leaving boolean;
        BEGIN
            IF TG_TABLE_NAME = 'invitations' THEN who := NEW.invited_by;
            ELSE who := NEW.user_id;
            END IF;
            SELECT deletion_requested_at IS NOT NULL INTO is_leaving
            FROM users WHERE id = who FOR KEY SHARE;
            IF is_leaving THEN
                RAISE EXCEPTION 'the user is leaving' USING ERRCODE = 'UL001';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    for table in OWNED:
        op.execute(
            f"CREATE TRIGGER refuse_leaving_user BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_leaving_user()"
        )
    op.execute(
        """
        CREATE FUNCTION refuse_deleted_user() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the user is deleted' USING ERRCODE = 'UL001';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER refuse_deleted_user BEFORE UPDATE ON users FOR EACH ROW "
        "WHEN (OLD.deleted_at IS NOT NULL) EXECUTE FUNCTION refuse_deleted_user()"
    )


def _create_sign_ups() -> None:
    op.create_table(
        "sign_ups",
        _id(),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        _now("created_at"),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ups")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_sign_ups_secret_hash")),
    )
    op.create_index(op.f("ix_sign_ups_expires_at"), "sign_ups", ["expires_at"])


def _create_invitations() -> None:
    op.create_table(
        "invitations",
        _id(),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        _now("created_at"),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_invitations_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"],
            ["users.id"],
            name=op.f("fk_invitations_invited_by_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_invitations_secret_hash")),
    )
    op.create_index(op.f("ix_invitations_workspace_id"), "invitations", ["workspace_id"])
    op.create_index(op.f("ix_invitations_invited_by"), "invitations", ["invited_by"])


def _create_audit_entries() -> None:
    op.create_table(
        "audit_entries",
        _id(),
        _now("at"),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target_kind", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("before", JSON, nullable=True),
        sa.Column("after", JSON, nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_target_id_id"), "audit_entries", ["target_id", "id"])
    op.create_index(op.f("ix_audit_entries_actor_id_id"), "audit_entries", ["actor_id", "id"])


def _create_exports() -> None:
    op.create_table(
        "exports",
        _id(),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("total", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("boot_id", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        _now("created_at"),
        _now("changed_at"),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_exports_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index(op.f("ix_exports_user_id_id"), "exports", ["user_id", "id"])
    op.create_index(op.f("ix_exports_expires_at"), "exports", ["expires_at"])
    op.create_index(
        "uq_exports_open",
        "exports",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'working')"),
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION refuse_leaving_user, refuse_deleted_user CASCADE")
    op.drop_index("ix_messages_parent_id", "messages")
    for table in ("exports", "audit_entries", "invitations", "sign_ups"):
        op.drop_table(table)
    op.drop_column("tickets", "credential_expires_at")
    op.drop_column("api_keys", "workspace_id")
    op.drop_column("api_keys", "issuer")
    op.drop_column("cookie_sessions", "last_seen_at")
    op.drop_column("cookie_sessions", "address")
    op.drop_column("workspace_members", "joined_at")
    for column in ("pays", "requests_per_hour", "deleted_at"):
        op.drop_column("workspaces", column)
    op.drop_index("ix_users_leaving", "users")
    op.drop_index("uq_users_email", "users")
    nameless = "email IS NULL OR issuer IS NOT NULL"
    op.execute(f"UPDATE users SET email = id || '@invalid' WHERE {nameless}")  # noqa: S608 - ours
    for column in ("issuer", "external_id", "suspended_at", "deletion_requested_at"):
        op.drop_column("users", column)
    op.create_index("uq_users_email", "users", [sa.literal_column("lower(email)")], unique=True)
    op.alter_column("users", "email", nullable=False)
