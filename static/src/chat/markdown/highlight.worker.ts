// Colours long code beside the page, so that no frame waits for it.
import core from "./languages.js";

interface Task {
  id: number;
  text: string;
  language: string;
}

addEventListener("message", ({ data }: MessageEvent<Task>) => {
  const { value } = core.highlight(data.text, { language: data.language, ignoreIllegals: true });
  (postMessage as (message: unknown) => void)({ id: data.id, value });
});
