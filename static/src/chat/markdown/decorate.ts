// What an answer's blocks get beside their text: a frame and a copy button for code, a box to
// scroll in for tables, a chip in place of a picture from elsewhere.
import texts from "../../../locales/en.markdown.json";
import { extend, t } from "../../core/i18n.js";
import "../picture.js";

extend(texts);

function button(label: string, action: string): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.dataset["action"] = action;
  element.textContent = label;
  return element;
}

function code(pre: HTMLElement): void {
  const inner = pre.querySelector("code");
  const language = /^language-(\S+)$/.exec(inner?.className ?? "")?.[1] ?? "";
  const figure = document.createElement("figure");
  figure.className = "code";
  figure.dataset["language"] = language;
  const bar = document.createElement("figcaption");
  const name = document.createElement("span");
  name.textContent = language || t("code.plain");
  const wrap = button(t("code.wrap"), "wrap");
  wrap.ariaPressed = "false";
  bar.append(name, wrap, button(t("code.copy"), "copy"));
  pre.replaceWith(figure);
  pre.tabIndex = 0;
  pre.role = "region";
  pre.ariaLabel = language ? t("code.label", { language }) : t("code.labelPlain");
  pre.dir = "ltr";
  figure.append(bar, pre);
}

function table(element: HTMLTableElement): void {
  const box = document.createElement("div");
  box.className = "table";
  box.tabIndex = 0;
  box.role = "region";
  box.ariaLabel = t("table.label");
  element.replaceWith(box);
  box.append(element);
}

/** Our own media may be shown at once; anything else would tell its host that somebody reads this. */
function picture(chip: HTMLElement): void {
  const source = chip.dataset["image"] ?? "";
  const text = chip.textContent ?? "";
  if (/^\/api\/media\/[\w-]+$/.test(source)) {
    const image = document.createElement("causerie-picture");
    image.setAttribute("path", source);
    image.setAttribute("alt", text);
    chip.replaceWith(image);
    return;
  }
  const host = URL.canParse(source) ? new URL(source).host : "";
  const label = host ? t("image.from", { host }) : t("image.unknown");
  chip.textContent = text ? `${text} — ${label}` : label;
  if (!/^https?:/i.test(source)) {
    delete chip.dataset["image"];
    return;
  }
  // The page's policy fetches pictures from here only: another's is opened, in a tab of its own.
  const link = document.createElement("a");
  link.className = "image";
  link.href = source;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.textContent = chip.textContent;
  chip.replaceWith(link);
}

export function decorate(fragment: DocumentFragment): void {
  for (const pre of fragment.querySelectorAll<HTMLElement>("pre")) code(pre);
  for (const element of fragment.querySelectorAll("table")) table(element);
  for (const chip of fragment.querySelectorAll<HTMLElement>("span[data-image]")) picture(chip);
  for (const check of fragment.querySelectorAll<HTMLElement>("span.check")) {
    const done = check.dataset["checked"] === "true";
    check.role = "img";
    check.ariaLabel = done ? t("check.done") : t("check.open");
    check.textContent = done ? "☑ " : "☐ ";
  }
  for (const block of fragment.children) {
    if (block instanceof HTMLElement && !block.dir) block.dir = "auto";
  }
}
