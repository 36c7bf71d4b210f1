// Captions: what is seen, for one platform or several at once, each in its own way and within its limit.
import { html, type TemplateResult } from "lit";

import { locale, t } from "../core/i18n.js";
import { count } from "../core/money.js";
import type { CaptionRequest } from "../core/wire.gen.js";
import { define } from "../ui/element.js";
import type { Kind } from "./answers.js";
import { isPlatform, PLATFORM_IDS, PLATFORM_NAMES, PLATFORMS, type Platform } from "./platforms.js";
import { told } from "./told.js";
import { Tool, type Draft } from "./tool.js";

type Type = CaptionRequest["contentInfo"]["type"];
type Mood = NonNullable<CaptionRequest["contentInfo"]["mood"]>;

const MOODS: readonly Mood[] = ["fun", "serious", "relaxed"];

export class Captions extends Tool {
  protected readonly tool = "captions";
  protected readonly needed = ["description"];

  protected get kind(): Kind {
    return "caption";
  }

  protected lead(): string {
    return t("creator.captions.lead");
  }

  /** At least one, in the order in which they stand. */
  private get platforms(): readonly Platform[] {
    const chosen = this.text("platforms").split(",").filter(isPlatform);
    return chosen.length ? PLATFORM_IDS.filter((id) => chosen.includes(id)) : ["instagram"];
  }

  private toggle(id: Platform): void {
    const chosen = this.platforms;
    const next = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id];
    if (next.length) this.keep({ platforms: next.join(",") });
  }

  override render(): TemplateResult {
    const { platforms } = this;
    const form = html`
      <fieldset>
        <legend>${t("creator.captions.platforms")}</legend>
        <div class="chips">${PLATFORM_IDS.map(
          (id) => html`<button class="chip" type="button" aria-pressed=${String(platforms.includes(id))} @click=${() => this.toggle(id)}>${PLATFORM_NAMES[id]}</button>`,
        )}</div>
        <ul class="hint">${platforms.map((id) => this.needs(id))}</ul>
      </fieldset>
      ${this.segments("type", t("creator.captions.type"), [
        { id: "photo", label: t("creator.captions.photo") },
        { id: "video", label: t("creator.captions.video") },
        { id: "story", label: t("creator.captions.story") },
      ])}
      ${this.area("description", t("creator.captions.description"), { hint: t("creator.captions.descriptionHint") })}
      ${this.segments("mood", t("creator.captions.mood"), [
        { id: "", label: t("creator.captions.anyMood") },
        { id: "fun", label: t("creator.captions.fun") },
        { id: "serious", label: t("creator.captions.serious") },
        { id: "relaxed", label: t("creator.captions.relaxed") },
      ])}
      ${this.aside(t("creator.captions.more"), html`
        ${this.field("targetAudience", t("creator.captions.audience"))}
        ${this.area("analyticsInsights", t("creator.captions.known"), { hint: t("creator.captions.knownHint") })}`)}`;
    return this.page(form, "creator.captions.write", html`<p>${t("creator.captions.vacant")}</p>`);
  }

  private needs(id: Platform): TemplateResult {
    const { limit, tags, needs } = PLATFORMS[id];
    const rules = t("creator.captions.rules", { limit: count(limit, locale()), from: String(tags[0]), to: String(tags[1]) });
    return html`<li><strong>${PLATFORM_NAMES[id]}:</strong> ${t(needs)} ${rules}</li>`;
  }

  protected example(): Draft {
    return { platforms: this.text("platforms"), type: "photo", description: t("creator.captions.example"), mood: "relaxed", targetAudience: t("creator.captions.exampleAudience") };
  }

  protected request(): { path: string; bodies: readonly object[] } {
    const known = this.text("analyticsInsights").split("\n").map((line) => line.trim()).filter(Boolean);
    const bodies = this.platforms.map((platform): CaptionRequest => {
      const more = told({
        mood: MOODS.find((one) => one === this.text("mood")),
        targetAudience: this.text("targetAudience") || undefined,
        analyticsInsights: known.length ? known : undefined,
      });
      return { platform, contentInfo: { type: (this.text("type") || "photo") as Type, description: this.text("description"), ...more } };
    });
    return { path: "/api/ai/generate-caption", bodies };
  }

  protected draftOf(input: Record<string, unknown>): Draft {
    const { platform, contentInfo } = input as unknown as CaptionRequest;
    return {
      platforms: platform,
      type: contentInfo.type,
      description: contentInfo.description,
      mood: contentInfo.mood ?? "",
      targetAudience: contentInfo.targetAudience ?? "",
      analyticsInsights: (contentInfo.analyticsInsights ?? []).join("\n"),
    };
  }

  protected override platformOf(input: unknown): Platform | undefined {
    const platform = (input as { platform?: unknown }).platform;
    return isPlatform(platform) ? platform : undefined;
  }

  protected override titleOf(input: unknown): string {
    const platform = this.platformOf(input);
    return platform ? PLATFORM_NAMES[platform] : "";
  }
}

define("causerie-captions", Captions);
