"""Why private engines cannot be had. Each message is one line, fit to end a command with."""


class LocalEngineError(Exception):
    """Base of everything ``server.local`` raises; ``str()`` is the line to show."""


class AlreadyRunning(LocalEngineError):
    """Another process owns these engines. ``pid`` is its process id, None when it told nobody."""

    def __init__(self, data_dir: object, pid: int | None) -> None:
        self.pid = pid
        who = f"process {pid}" if pid is not None else "another process"
        super().__init__(f"{who} already serves from {data_dir}; stop it or set DATA_DIR elsewhere")


class DataDirUnusable(LocalEngineError):
    """The data folder cannot be made, written, or is not ours to use."""


class WrongVersion(LocalEngineError):
    """The data was written by another major version of PostgreSQL than the one installed."""


class EngineFailed(LocalEngineError):
    """An engine did not start; the message carries the last lines of its log."""
