"""Which Chromium drives the pages, and with what flags."""

import os
import shutil
from pathlib import Path

from playwright.async_api import Playwright

_UNUSED = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
)
"""What each new window would load into its address bar, which no test sees: two pages with
renderers of their own, and more work than most pages of ours are."""

_PLAYWRIGHTS = (
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
)
"""What Playwright disables itself. Chromium heeds the last such list alone, and that is ours."""

FLAGS = [
    "--no-sandbox",  # the suite may run as root, in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join((*_UNUSED, *_PLAYWRIGHTS))}",
]


def chromium(playwright: Playwright) -> str | None:
    """``CHROMIUM``, the distribution's, or Playwright's own."""
    named = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    found = [path for path in (named, playwright.chromium.executable_path) if Path(path).exists()]
    return found[0] if found else None
