"""Addresses are read as they were meant, and only while somebody answers at them."""

import os
from pathlib import Path
from typing import Any

from msgspec import json
from redis.connection import parse_url
from sqlalchemy import make_url
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from server.local.datadir import Home
from server.local.urls import Announcement, find_engines, urls_for

URLS = urls_for(Path("/run/some where"), database_password="p@/:%", redis_password="q@/:%")


def test_both_clients_read_back_what_was_put_in() -> None:
    dialect: Any = PGDialect_asyncpg  # ships untyped
    _, options = dialect().create_connect_args(make_url(URLS.database_url))
    assert options == {
        "host": "/run/some where",
        "port": 5432,
        "user": "causerie",
        "password": "p@/:%",
        "database": "causerie",
    }
    read = parse_url(URLS.redis_url)  # type: ignore[no-untyped-call]  # ships untyped
    assert (read["path"], read["password"], read["db"]) == (
        "/run/some where/valkey.sock",
        "q@/:%",
        0,
    )


def test_engines_are_found_only_while_their_owner_lives(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert find_engines(tmp_path / "nowhere") is None
    lock = home.own()
    assert find_engines(tmp_path) is None
    home.announcement.write_bytes(json.encode(Announcement(urls=URLS, owner_pid=os.getpid())))
    assert find_engines(tmp_path) == URLS
    os.close(lock)
    assert find_engines(tmp_path) is None


def test_the_announcement_of_an_earlier_owner_is_not_believed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    lock = home.own()
    home.announcement.write_bytes(json.encode(Announcement(urls=URLS, owner_pid=os.getpid() + 1)))
    assert find_engines(tmp_path) is None
    home.announcement.write_bytes(b"{torn")
    assert find_engines(tmp_path) is None
    os.close(lock)
