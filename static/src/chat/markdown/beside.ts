// The worker that colours long code: one for the page, started when the first long block closes.
import url from "./highlight.worker.js?worker&url";

interface Policy {
  createScriptURL(url: string): string;
}
interface Policies {
  createPolicy(name: string, rules: Policy): Policy;
}

/** The page's policy takes addresses of scripts from here alone: those of this site. */
const policy = (globalThis as { trustedTypes?: Policies }).trustedTypes?.createPolicy("causerie", {
  createScriptURL(address) {
    const { href, origin } = new URL(address, location.href);
    if (origin !== location.origin) throw new TypeError("Not a script of this site.");
    return href;
  },
});

const waiting = new Map<number, (value: string) => void>();
let worker: Worker | undefined;
let count = 0;

function start(): Worker {
  const started = new Worker(policy?.createScriptURL(url) ?? url, { type: "module" });
  started.addEventListener("message", ({ data }: MessageEvent<{ id: number; value: string }>) => {
    waiting.get(data.id)?.(data.value);
    waiting.delete(data.id);
  });
  return started;
}

export function inWorker(text: string, language: string): Promise<string> {
  worker ??= start();
  const id = ++count;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    worker?.postMessage({ id, text, language }, []);
  });
}
