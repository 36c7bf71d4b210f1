"""Children that die with the test process, however that ends: a crash runs no fixture's end."""

import os
import signal
import sys

from server.local.identity import PR_SET_PDEATHSIG

ASK = f"""
import ctypes, os, sys
ctypes.CDLL(None).prctl({PR_SET_PDEATHSIG}, {int(signal.SIGKILL)}, 0, 0, 0)
if os.getppid() != int(sys.argv[1]):  # it died before we asked
    os._exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


def dying_with_us(*command: str) -> list[str]:
    """The command that becomes ``command``, which is killed when the thread that started it ends.

    A program of its own asks the kernel for that: between fork and exec, a process with threads
    may not run Python.
    """
    if sys.platform != "linux":
        return [*command]
    return [sys.executable, "-I", "-S", "-c", ASK, str(os.getpid()), *command]
