"""Valkey reads its settings as written, and a damaged file is told, not ignored."""

from pathlib import Path

import pytest
from redis import Redis

from server.local.engines import engines_running
from server.local.errors import EngineFailed
from server.local.valkey import quoted
from tests.server.local import scene


def test_it_keeps_everything_and_forgets_nothing_by_itself(tmp_path: Path) -> None:
    with engines_running(tmp_path) as urls, Redis.from_url(urls.redis_url) as redis:
        wanted = {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "port": "0",
        }
        for name, value in wanted.items():
            assert redis.config_get(name) == {name: value}


def test_any_value_is_read_back_as_it_was(data_dir: Path) -> None:
    strange = "a \"b\" \\c 'd' # é\ttab"
    with engines_running(data_dir) as urls, Redis.from_url(urls.redis_url) as redis:
        # The same quoting rules hold for inline commands, which a socket takes as they are.
        connection = redis.connection_pool.get_connection()
        connection.send_packed_command([f"ECHO {quoted(strange)}\r\n".encode()])
        assert connection.read_response() == strange.encode()
        redis.connection_pool.release(connection)


def test_a_damaged_file_is_told_with_a_way_out(data_dir: Path) -> None:
    for file in (data_dir / "valkey" / "appendonlydir").glob("*.manifest"):
        file.write_text("nonsense\n")
    with pytest.raises(EngineFailed) as refused, engines_running(data_dir):
        pass
    assert f"moving {data_dir / 'valkey'} away loses nothing" in str(refused.value)
    assert "\n" not in str(refused.value)
    (data_dir / "valkey").rename(data_dir / "aside")
    with engines_running(data_dir) as urls:
        assert scene.query(urls, "", "SELECT word FROM words") == ["kept"]
