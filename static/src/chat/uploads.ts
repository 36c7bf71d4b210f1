// The files that will go with the message, above the box: how far each is, why one was refused.
import { css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import { locale, t } from "../core/i18n.js";
import { StoreController } from "../core/store.js";
import { base, buttons, CauserieElement, define } from "../ui/element.js";
import "../ui/chip.js";
import { fileSize } from "./sizes.js";
import type { Upload, Uploads as UploadsValue } from "./uploading.js";

export { uploadsOf } from "./uploading.js";

export class Uploads extends CauserieElement {
  static override styles = [
    base,
    buttons,
    css`
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        max-block-size: 30dvh;
        margin-block-end: 8px;
        overflow-y: auto;
      }
      li {
        max-inline-size: 100%;
      }
    `,
  ];

  @property({ attribute: false }) uploads!: UploadsValue;
  private readonly state = new StoreController(this, (value: readonly Upload[]) => value);

  override render(): TemplateResult {
    const items = this.state.follow(this.uploads.state) ?? [];
    if (!items.length) return html``;
    return html`<ul aria-label=${t("files.label")}>
      ${items.map((item) => html`<li>${this.chip(item)}</li>`)}
    </ul>`;
  }

  private chip(item: Upload): TemplateResult {
    const { key, phase, name } = item;
    const going = phase === "waiting" || phase === "uploading";
    return html`<causerie-chip .label=${name} .icon=${item.image ? "image" : "clip"} .detail=${detail(item)}
      .bad=${phase === "failed"} .progress=${going ? item.sent / item.bytes : undefined}
      .removal=${going ? t("files.cancel", { name }) : t("files.remove", { name })}
      role=${phase === "failed" ? "alert" : nothing} @causerie-remove=${() => this.uploads.remove(key)}>
      ${phase === "failed" && this.uploads.canTryAgain(key)
        ? html`<button class="button small" type="button" @click=${() => this.uploads.again(key)}>${t("retry")}</button>`
        : nothing}
    </causerie-chip>`;
  }
}

function detail({ phase, bytes, sent, words }: Upload): string {
  switch (phase) {
    case "failed":
      return words;
    case "done":
      return fileSize(bytes, locale());
    case "waiting":
      return t("files.waiting");
    case "uploading":
      return sent >= bytes
        ? t("files.processing")
        : t("files.sent", { sent: fileSize(sent, locale()), bytes: fileSize(bytes, locale()) });
  }
}

define("causerie-uploads", Uploads);
