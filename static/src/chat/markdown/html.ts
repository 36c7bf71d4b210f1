// Tokens to HTML text. Raw HTML in an answer is shown as it is written, but for a few harmless marks.
import { Parser, Renderer, type Tokens, type TokensList } from "marked";

const HARMLESS = /^<\/?(?:br|sub|sup|kbd|mark)\s*\/?>$/i;

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

class AnswerRenderer extends Renderer {
  override html({ text, block }: Tokens.HTML | Tokens.Tag): string {
    if (text.startsWith("<!--")) return "";
    if (!block && HARMLESS.test(text.trim())) return text;
    return block ? `<p>${escape(text.trim()).replace(/\n/g, "<br>")}</p>` : escape(text);
  }

  override code({ text, lang }: Tokens.Code): string {
    const language = /^[\w+#.-]+/.exec(lang ?? "")?.[0] ?? "";
    const named = language ? ` class="language-${escape(language.toLowerCase())}"` : "";
    return `<pre><code${named}>${escape(text)}</code></pre>`;
  }

  /** Pictures fetch; a chip names where from and asks first. */
  override image({ href, text }: Tokens.Image): string {
    return `<span class="image" data-image="${escape(href)}">${escape(text)}</span>`;
  }

  override checkbox({ checked }: Tokens.Checkbox): string {
    return `<span class="check" data-checked="${checked}"></span>`;
  }

  override table(token: Tokens.Table): string {
    return super.table(token).trimEnd();
  }
}

const renderer = new AnswerRenderer();

export function toHtml(tokens: TokensList): string {
  return new Parser({ gfm: true, renderer }).parse(tokens);
}
