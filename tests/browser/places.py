"""Every page that somebody who is signed in can go to, and going there without loading anew."""

from tests.browser.conftest import Visit

PLACES = (
    "/",
    "/chat",
    "/write",
    "/presets",
    "/creator/fans",
    "/creator/captions",
    "/creator/sales",
    "/creator/insights",
    "/usage",
    "/notifications",
    "/workspaces",
    "/settings",
    "/settings/keys",
    "/settings/voice",
    "/settings/agents",
    "/settings/replies",
    "/settings/reports",
    "/settings/appearance",
    "/settings/shortcuts",
    "/settings/webhooks",
    "/admin/costs",
    "/admin/users",
    "/admin/prices",
    "/admin/alerts",
    "/admin/providers",
    "/admin/audit",
    "/nowhere",
)

GO = """(path) => {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}"""


async def go(one: Visit, path: str) -> None:
    """As a click on a link does, and until nothing is being fetched any more."""
    await one.page.evaluate(GO, path)
    await one.page.locator("h1").first.wait_for()
    await one.page.wait_for_load_state("networkidle")
