"""A Valkey of a test's own, to be killed, restarted empty, frozen and woken."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from server.local.binaries import installed
from tests.support.eventually import eventually


class Valkey:
    """Keeps nothing: a restart finds it empty. ``url`` stays the same."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "valkey.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self.socket}"

    async def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        settings = ["--port", "0", "--unixsocket", str(self.socket), "--save", ""]
        self._process = subprocess.Popen(  # noqa: ASYNC220 - it outlives the call
            [str(installed().valkey), *settings],
            cwd=self.socket.parent,
            stdout=subprocess.DEVNULL,
        )
        await eventually(self._answers)

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_unix_connection(str(self.socket))
        except OSError:
            return False
        writer.write(b"PING\r\n")
        answer = await reader.readline()
        writer.close()
        return answer == b"+PONG\r\n"

    def kill(self) -> None:
        """Gone without a word, and everything in it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """It keeps its connections, takes new ones, and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)


@asynccontextmanager
async def own_valkey() -> AsyncIterator[Valkey]:
    with TemporaryDirectory(prefix="valkey-") as folder:
        valkey = Valkey(Path(folder))
        await valkey.start()
        try:
            yield valkey
        finally:
            valkey.kill()
