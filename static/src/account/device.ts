// A browser's name for itself in a few words: which browser, on what. Good for recognising one's own
// devices, for nothing else.

const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdgA?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bHeadlessChrome\/|\bChrome\/|\bCriOS\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];

const SYSTEMS: readonly [RegExp, string][] = [
  [/\bAndroid\b/, "Android"],
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b|\bX11\b/, "Linux"],
];

/** Browser and system, each as far as they can be told; a program's first word as it stands. */
export function device(userAgent: string): { browser: string; system: string } {
  const find = (names: readonly [RegExp, string][]): string => names.find(([shape]) => shape.test(userAgent))?.[1] ?? "";
  const browser = find(BROWSERS) || (/^[\w.-]{1,40}/.exec(userAgent)?.[0] ?? "");
  return { browser: browser === "Mozilla" ? "" : browser, system: find(SYSTEMS) };
}
