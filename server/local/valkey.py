"""Private Valkey: append-only file, one unix socket, one password, nothing evicted."""

from __future__ import annotations

import signal
import socket
import subprocess

from server.local.engine import Engine, Surroundings

PING_DEADLINE_S = 1.0
"""For one question over a unix socket; a busy server is simply asked again."""


class Valkey(Engine):
    """Valkey over ``DATA_DIR/valkey``. The password lives as long as the run."""

    name = "valkey"
    gentle = signal.SIGTERM
    rough = signal.SIGKILL

    def __init__(self, around: Surroundings, password: str, *, fsync: bool) -> None:
        super().__init__(around)
        self.password = password
        self.fsync = fsync
        self.socket = around.runtime.sockets / "valkey.sock"

    def launch(self) -> subprocess.Popen[bytes]:
        self.socket.unlink(missing_ok=True)
        settings = (
            ("port", "0"),
            ("unixsocket", str(self.socket)),
            ("unixsocketperm", "700"),
            ("requirepass", self.password),
            # Relative, and started inside it: its id may be unable to walk there from the root.
            ("dir", "."),
            ("appendonly", "yes"),
            ("appendfsync", "everysec" if self.fsync else "no"),
            ("maxmemory-policy", "noeviction"),
            ("save", ""),
            ("logfile", ""),
            ("daemonize", "no"),
            ("always-show-logo", "no"),
        )
        # Through standard input: arguments are everybody's to read, a file would have to be kept.
        text = "".join(f"{name} {quoted(value)}\n" for name, value in settings)
        return self.around.spawn(
            [self.around.runtime.programs.valkey, "-"],
            folder=self.around.home.valkey,
            log=self.log,
            dies_by=self.gentle,
            stdin=text.encode(),
        )

    def last_words(self) -> str:
        return (
            f"{super().last_words()} (moving {self.around.home.valkey} away loses nothing lasting)"
        )

    def is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PING_DEADLINE_S)
            try:
                client.connect(str(self.socket))
                client.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    more = client.recv(256)
                    if not more:
                        return False
                    answer += more
            except OSError:
                return False
        return answer == b"+OK\r\n+PONG\r\n"  # while it still reads its file, it says -LOADING


def quoted(value: str) -> str:
    """A value as Valkey's configuration reads it back, whatever is in it."""
    plain = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\' else f"\\x{byte:02x}"
        for byte in value.encode("utf-8", "surrogateescape")
    )
    return f'"{plain}"'
