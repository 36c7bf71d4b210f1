// What went along with a message: pictures to look at, files by their names.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import type { Attachment } from "../core/entries.js";
import { base, ClientElement, define } from "../ui/element.js";

const pathOf = (mediaId: string): string => `/api/media/${mediaId}`;

export class Attachments extends ClientElement {
  static override styles = [
    base,
    css`
      ul {
        display: flex;
        flex-wrap: wrap;
        justify-content: flex-end;
        gap: 8px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        min-inline-size: 0;
      }
      /* A definite width: of a part of its own, the row would make room for the whole picture. */
      .picture {
        display: block;
        max-inline-size: 16rem;
      }
      img {
        display: block;
        max-inline-size: 100%;
        max-block-size: 16rem;
        inline-size: auto;
        block-size: auto;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--sunken);
      }
      .name {
        display: block;
        padding: 6px 12px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        font-size: 14px;
        color: inherit;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) items: readonly Attachment[] = [];
  /** Pictures that do not come: deleted since, mostly. Their names remain. */
  @state() private gone: ReadonlySet<string> = new Set();

  /** Pictures that had to be fetched, by their paths. */
  @state() private fetched: ReadonlyMap<string, string> = new Map();

  override willUpdate(changed: PropertyValues): void {
    if (!changed.has("items")) return;
    for (const item of this.items) if (item.type === "image") void this.fetch(item);
  }

  /** In another site's page no cookie goes along with a picture's address. */
  private async fetch({ mediaId }: Attachment): Promise<void> {
    const path = pathOf(mediaId);
    const source = this.client.api.source(path);
    if (typeof source === "string" || this.fetched.has(path)) return;
    try {
      const url = await source;
      this.fetched = new Map(this.fetched).set(path, url);
    } catch {
      this.gone = new Set([...this.gone, mediaId]);
    }
  }

  override render(): TemplateResult {
    return html`<ul>
      ${this.items.map((item) => html`<li>${this.shown(item)}</li>`)}
    </ul>`;
  }

  private shown(item: Attachment): TemplateResult {
    if (this.gone.has(item.mediaId)) return html`<span class="name"><bdi>${item.name}</bdi></span>`;
    const url = pathOf(item.mediaId);
    return item.type === "image"
      ? html`<a class="picture" href=${url} target="_blank" rel="noopener"><img src=${this.client.api.linked ? url : (this.fetched.get(url) ?? nothing)} alt=${item.name} title=${item.name}
          width=${item.width} height=${item.height} loading="lazy" decoding="async"
          @error=${() => (this.gone = new Set([...this.gone, item.mediaId]))} /></a>`
      : html`<a class="name" href=${url} download=${item.name}><bdi>${item.name}</bdi></a>`;
  }
}

define("causerie-attachments", Attachments);
