// What a page that embeds Causerie does: it says where tickets come from, and hears what happens.
const provider = document.querySelector("causerie-provider");
const chat = document.querySelector("causerie-chat");
const news = document.querySelector(".news");
const form = document.querySelector("form");

provider.getTicket = async () => {
  const answer = await fetch(document.querySelector("meta[name=ticket]").content, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: "{}",
  });
  if (!answer.ok) throw new Error(`no ticket: ${answer.status}`);
  return (await answer.json()).data.ticket;
};

const told = {
  "causerie-turn": ({ receipt }) => `${receipt.charged} credits, ${receipt.calls.map(({ model }) => model).join(", ")}`,
  "causerie-navigate": ({ path }) => path,
  "causerie-threshold": ({ percent }) => `${percent} %`,
  "causerie-signed-out": ({ reason }) => String(reason ?? ""),
};

for (const [name, words] of Object.entries(told)) {
  addEventListener(name, ({ detail }) => {
    const line = document.createElement("li");
    line.textContent = `${name}: ${words(detail)}`;
    if (!news.dataset.heard) news.replaceChildren();
    news.dataset.heard = "yes";
    news.prepend(line);
  });
}

form.addEventListener("input", () => {
  const { theme, locale, accent, radius, font, width, compact } = form.elements;
  provider.setAttribute("theme", theme.value);
  provider.setAttribute("locale", locale.value);
  provider.style.setProperty("--causerie-accent", accent.value === "#0b6b54" ? "" : accent.value);
  provider.style.setProperty("--causerie-radius", `${radius.value}px`);
  provider.style.setProperty("--causerie-font", font.value);
  chat.parentElement.style.setProperty("--demo-width", width.value === width.max ? "" : `${width.value}px`);
  chat.toggleAttribute("compact", compact.checked);
});
form.addEventListener("submit", (event) => event.preventDefault());
