// Sizes of files for people. Pure.
const STEPS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** `12 kB`, `1.4 MB`: in steps of 1,024, as limits are set. */
export function fileSize(bytes: number, locale: string): string {
  const step = Math.min(STEPS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** step;
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: STEPS[step] ?? "byte",
    unitDisplay: step ? "short" : "long",
    maximumFractionDigits: value < 10 && step > 1 ? 1 : 0,
  }).format(value);
}
