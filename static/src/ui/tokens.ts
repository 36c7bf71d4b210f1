// The palette and measures of the whole interface, once. A host page overrides the public ones by
// `--causerie-…`; everything inside reads the short names.
import { css, unsafeCSS } from "lit";

type Pair = readonly [light: string, dark: string];

/** Colours by role; the test of contrast reads this table. */
export const COLOURS = {
  canvas: ["#fafaf8", "#101312"],
  surface: ["#ffffff", "#171b19"],
  sunken: ["#f1f2ee", "#0b0e0d"],
  line: ["#dddfd8", "#2a312d"],
  control: ["#868d86", "#727d76"],
  text: ["#191d1b", "#e8ece9"],
  muted: ["#565f59", "#a2aca5"],
  accent: ["#0b6b54", "#4fc9a2"],
  "on-accent": ["#ffffff", "#04211a"],
  "accent-soft": ["#e0f0ea", "#12332a"],
  ok: ["#17713a", "#58c27a"],
  warn: ["#8a5300", "#e5b143"],
  "warn-soft": ["#fdf1dc", "#33270f"],
  bad: ["#b3261e", "#ff8a80"],
  "bad-soft": ["#fdebe9", "#3a1a18"],
  info: ["#0b5cad", "#7db8ff"],
  "info-soft": ["#e6f0fb", "#12283f"],
} as const satisfies Record<string, Pair>;

/** One colour a name in every chart, ranking and receipt; the ninth is "Other". */
export const SERIES = [
  ["#0b6b54", "#4fc9a2"],
  ["#a84a08", "#f2935c"],
  ["#2563c9", "#7aa7ff"],
  ["#8b3fa8", "#cf97e6"],
  ["#8a6a00", "#d9b84a"],
  ["#b3306b", "#f08bb4"],
  ["#3a7519", "#93cf6f"],
  ["#5b6470", "#a6b0bb"],
] as const satisfies readonly Pair[];

const PUBLIC = new Set(["canvas", "surface", "text", "accent", "on-accent"]);

function declarations(): string {
  const lines = Object.entries(COLOURS).map(([name, [light, dark]]) => {
    const pair = `light-dark(${light}, ${dark})`;
    return `--${name}: ${PUBLIC.has(name) ? `var(--causerie-${name}, ${pair})` : pair};`;
  });
  SERIES.forEach(([light, dark], index) => {
    lines.push(`--series-${index + 1}: light-dark(${light}, ${dark});`);
  });
  return lines.join("\n");
}

/** Stands on `causerie-provider`; custom properties reach everything inside. */
export const tokens = css`
  :host {
    ${unsafeCSS(declarations())}
    --shadow: 0 0 0 1px light-dark(rgb(25 29 27 / 8%), rgb(255 255 255 / 9%)),
      0 8px 28px light-dark(rgb(25 29 27 / 14%), rgb(0 0 0 / 55%));
    --sans: var(--causerie-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
    --mono: var(--causerie-mono, ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace);
    --radius: var(--causerie-radius, 10px);
    --radius-small: calc(var(--radius) * 0.6);
    --radius-large: calc(var(--radius) * 1.6);
    --control-height: 32px;
    --measure: 46rem;
    --state: 120ms ease-out;
    --place: 200ms ease-out;
    --header: 52px;
  }
  @media (pointer: coarse) {
    :host {
      --control-height: 44px;
    }
  }
`;
