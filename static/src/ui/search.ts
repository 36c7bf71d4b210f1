// A search box whose list answers while it is typed in, a moment after each letter.
import { html, type TemplateResult } from "lit";

/** Long enough for the next letter, short enough to seem at once. */
const REST_MS = 250;

const timers = new WeakMap<EventTarget, ReturnType<typeof setTimeout>>();

export const searchBox = (label: string, search: (text: string) => void): TemplateResult => {
  const heard = (event: Event): void => {
    const field = event.currentTarget as HTMLElementTagNameMap["causerie-field"];
    clearTimeout(timers.get(field));
    timers.set(field, setTimeout(() => search(field.value.trim()), REST_MS));
  };
  return html`<div class="line"><causerie-field name="q" type="search" optional label=${label} @input=${heard}></causerie-field></div>`;
};
