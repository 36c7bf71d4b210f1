// One written text: as it comes, or as it was kept, with how it was asked for, what it cost, and ways to take it along.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";

import { copyRich } from "../chat/clipboard.js";
import { schedule, unschedule } from "../chat/markdown/flush.js";
import { MarkdownStream } from "../chat/markdown/render.js";
import "../chat/notice.js";
import { eventNotice, modelName, type Notice } from "../chat/words.js";
import { keepText } from "../core/download.js";
import type { ErrandState } from "../core/errand.js";
import { locale, t } from "../core/i18n.js";
import { reason } from "../core/reasons.js";
import { full } from "../core/time.js";
import { isLive } from "../core/turns.js";
import type { GenerationView, Prompt } from "../core/wire.gen.js";
import { RunView, runView } from "../creator/run-view.js";
import { base, buttons, define } from "../ui/element.js";
import { icon } from "../ui/icon.js";
import { prose } from "../ui/prose.js";

const NAME_MAX = 48;

/** `Name three beaches.` as `name-three-beaches.md`. */
export function fileName(prompt: string): string {
  const words = prompt.toLowerCase().normalize("NFKD").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+/, "");
  return `${words.slice(0, NAME_MAX).replace(/-+$/, "") || "text"}.md`;
}

function textOf(generation: GenerationView): string {
  const { output } = generation;
  if (typeof output === "string") return output;
  return output === null ? "" : `\`\`\`json\n${JSON.stringify(output, undefined, 2)}\n\`\`\``;
}

export class Written extends RunView {
  static override styles = [
    base,
    buttons,
    runView,
    prose,
    css`
      .head {
        gap: 4px 10px;
        min-block-size: 32px;
      }
      .head .end {
        display: flex;
        align-items: center;
        gap: 4px;
        margin-inline-start: auto;
      }
      .md {
        min-block-size: 3em;
      }
      .quiet:dir(rtl) svg {
        scale: -1 1;
      }
    `,
  ];

  /** Which of how many versions it is; of none where it is not known. */
  @property({ type: Number }) at = 0;
  @property({ type: Number }) of = 0;
  @query(".md") private root!: HTMLElement;
  private stream: MarkdownStream | undefined;
  /** What is drawn: of which text, and how much of it. */
  private drawn = { of: "", length: 0, whole: false };

  override disconnectedCallback(): void {
    unschedule(this.draw);
    super.disconnectedCallback();
  }

  private get text(): string {
    return this.generation ? textOf(this.generation) : (this.run?.turn.text ?? "");
  }

  override updated(changed: PropertyValues): void {
    schedule(this.draw);
    const before = changed.get("run") as ErrandState | undefined;
    if (before && isLive(before.turn) && this.run?.turn.phase === "completed") this.tell("result", { generationId: this.turnId, text: this.text });
  }

  private readonly draw = (): void => {
    if (!this.root) return;
    this.stream ??= new MarkdownStream(this.root);
    const { text, live, drawn, stream } = this;
    // A run and the version that it becomes are one text; before it has a name it is the newest.
    const of = this.generation?.id ?? `run ${this.run?.turn.since ?? 0}`;
    const more = of === drawn.of && !drawn.whole && text.length >= drawn.length;
    if (live && more) {
      stream.push(text.slice(drawn.length));
      stream.flush();
    } else if (live) stream.reset(text);
    else if (of !== drawn.of || !drawn.whole || text.length !== drawn.length) stream.finish(text, (this.generation?.state ?? this.run?.turn.phase) !== "completed");
    this.drawn = { of, length: text.length, whole: !live };
  };

  override render(): TemplateResult {
    const { run, live } = this;
    return html`
      ${run?.refused ? html`<causerie-refused .problem=${run.refused} .due=${run.due}></causerie-refused>` : nothing}
      <div class="head">${live ? this.progress() : this.about()}</div>
      <div class="md" dir="auto"></div>
      ${this.notices().map((notice) => html`<causerie-notice .notice=${notice}></causerie-notice>`)}
      ${this.receipt()}`;
  }

  private progress(): TemplateResult {
    const { turn } = this.run as ErrandState;
    return this.going(turn, turn.firstTextAt === undefined ? t("creator.waiting") : t("creator.writing"));
  }

  /** When and how it was asked for, versions before and after it, and ways to take it along. */
  private about(): TemplateResult {
    const { generation, text } = this;
    const asked = generation?.input as Prompt | undefined;
    const told = generation
      ? [full(generation.createdAt, locale()), modelName(generation.model, this.client.models.value.items), ...parameters(asked)]
      : [];
    return html`<span class="figure">${told.join(" · ")}</span>
      <span class="end">
        ${this.of > 1
          ? html`${this.step("left", t("creator.previous"), this.at > 1)}
              <span class="figure">${t("creator.version", { n: this.at, count: this.of })}</span>
              ${this.step("right", t("creator.next"), this.at < this.of)}`
          : nothing}
        ${text
          ? html`<button class="quiet" type="button" title=${t("copy")} aria-label=${t("write.copy")} @click=${this.copy}>${icon("copy", 16)}</button>
              <button class="quiet" type="button" title=${t("write.download")} aria-label=${t("write.download")} @click=${this.download}>${icon("download", 16)}</button>`
          : nothing}
      </span>`;
  }

  /** At either end it stays in the tab order: it was just pressed, and the way back is beside it. */
  private step(to: "left" | "right", label: string, leads: boolean): TemplateResult {
    return html`<button class="quiet" type="button" aria-label=${label} aria-disabled=${String(!leads)}
      @click=${() => leads && this.tell("step", to === "left" ? -1 : 1)}>${icon(to, 16)}</button>`;
  }

  private notices(): Notice[] {
    const { run, generation, live } = this;
    const found = (run?.turn.notices ?? []).flatMap((line): Notice[] => {
      const words = line.kind === "retry" && !live ? undefined : eventNotice(line, this.client.models.value.items);
      return words ? [{ tone: "info", text: words, deeds: [] }] : [];
    });
    if (generation?.error) found.push({ tone: "bad", text: reason(generation.error.code, generation.error.message), deeds: [] });
    else if (generation?.state === "cancelled") found.push({ tone: "plain", text: t("creator.state.cancelled"), deeds: [] });
    return [...found, ...(run ? this.ending(run.turn) : [])];
  }

  private readonly copy = async (): Promise<void> => {
    await copyRich(this.text, this.root);
    this.tell("toast", { text: t("copied") });
  };

  private readonly download = (): void =>
    keepText(this.text, fileName((this.generation?.input as Prompt | undefined)?.prompt ?? this.text));
}

/** What a version was asked for beside its prompt. */
function parameters(asked: Prompt | undefined): string[] {
  const { temperature, maxOutputTokens } = asked?.params ?? {};
  return [
    temperature === undefined ? "" : t("write.hadTemperature", { value: String(temperature) }),
    maxOutputTokens === undefined ? "" : t("write.hadLongest", { count: maxOutputTokens }),
  ].filter(Boolean);
}

define("causerie-written", Written);
