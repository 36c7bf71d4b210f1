"""Somebody who has a keyboard and nothing else: what they reach, and that it is never lost."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

from tests.support.eventually import eventually

# What has the keyboard, through all shadow trees: its name, and whether one can see that it has it.
FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  if (!at || at === document.body) return { name: "", role: "nowhere", seen: true, ringed: true };
  const words = (one) => {
    const copy = one?.cloneNode(true);
    for (const hidden of copy?.querySelectorAll("[aria-hidden=true]") ?? []) hidden.remove();
    return copy?.textContent.replace(/\\s+/g, " ").trim() ?? "";
  };
  const by = (at.getAttribute("aria-labelledby") ?? "").split(" ")
    .map((id) => words(at.getRootNode().getElementById(id))).join(" ").trim();
  const name = at.getAttribute("aria-label") || by || words(at.labels?.[0]) ||
    (at.matches("input, select, textarea") ? at.title || at.placeholder : words(at) || at.title);
  const box = at.getBoundingClientRect();
  const hit = (x, y) => {
    let found = document.elementFromPoint(x, y);
    while (found?.shadowRoot) {
      const inner = found.shadowRoot.elementFromPoint(x, y);
      if (!inner || inner === found) break;
      found = inner;
    }
    for (let one = found; one; one = one.assignedSlot ?? one.parentNode ?? one.host) {
      if (one === at) return true;
    }
    return false;
  };
  const points = [[.5, .5], [.1, .2], [.9, .2], [.1, .8], [.9, .8]];
  const seen = box.width > 0 && points.some(([x, y]) => hit(
    Math.min(Math.max(box.left + box.width * x, 1), innerWidth - 2),
    Math.min(Math.max(box.top + box.height * y, 1), innerHeight - 2)));
  const ACCENT = "rgb(11, 107, 84)";
  let ringed = false;
  const up = (one) => one.parentElement ?? one.getRootNode().host;
  // What is drawn as chosen in a list shows where the keyboard is, too.
  const option = at.getRootNode().getElementById(at.getAttribute("aria-activedescendant") ?? "");
  const around = [at];
  for (let one = up(at); one && around.length < 4; one = up(one)) around.push(one);
  for (const one of option ? [...around, option] : around) {
    const look = getComputedStyle(one);
    if (look.outlineStyle !== "none" && parseFloat(look.outlineWidth) > 0) ringed = true;
    if (look.boxShadow.includes(ACCENT)) ringed = true;
    if (look.borderTopColor === ACCENT && parseFloat(look.borderTopWidth) > 0) ringed = true;
  }
  return {
    name, seen, ringed, role: at.getAttribute("role") ?? at.localName,
    value: at.value, where: at.getRootNode().host?.localName ?? "",
  };
}"""


MOST = 120
"""So many presses of Tab lead round any page."""


@dataclass
class Hands:
    """Presses keys. Whatever Tab stops at is checked: it can be seen, and so can its focus."""

    page: Page

    async def at(self) -> dict[str, Any]:
        """What has the keyboard now."""
        return dict(await self.page.evaluate(FOCUSED))

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def write(self, text: str) -> None:
        """In place of what stands in the field."""
        await self.press("Control+a")
        await self.page.keyboard.type(text)

    async def to(self, name: str, *, back: bool = False) -> dict[str, Any]:
        """Tab until something is reached whose name begins so."""
        passed: list[str] = []
        for _ in range(MOST):
            await self.press("Shift+Tab" if back else "Tab")
            at = await self.at()
            assert at["ringed"], f"no visible focus: {at}"
            assert at["seen"], f"out of sight: {at}"
            if at["name"].startswith(name):
                return at
            passed.append(at["name"])
        raise AssertionError(f"{name!r} is not reached; passed by {passed}")

    async def choose(self, name: str, *keys: str) -> None:
        """Tab there, then press that, or Enter."""
        await self.to(name)
        await self.press(*(keys or ("Enter",)))

    async def fill(self, **fields: str) -> None:
        """Tab to each field and write into it; ``_`` stands for a space in its name."""
        for name, text in fields.items():
            await self.to(name.replace("_", " "))
            await self.write(text)

    async def somewhere(self) -> None:
        """What had the keyboard is gone; it is not nowhere."""

        async def is_kept() -> bool:
            return bool((await self.at())["role"] != "nowhere")

        await eventually(is_kept)

    async def on(self, name: str) -> None:
        """The keyboard comes to what is called so, and is seen there."""

        async def is_there() -> bool:
            return str((await self.at())["name"]).startswith(name)

        try:
            await eventually(is_there)
        except AssertionError:
            raise AssertionError(f"not on {name!r} but {await self.at()}") from None
        at = await self.at()
        assert at["ringed"], f"no visible focus: {at}"
