import { describe, expect, it } from "vitest";

import { toHtml } from "../src/chat/markdown/html.js";
import { lex, normalise, openFence, split } from "../src/chat/markdown/split.js";

/** A small generator with a seed, so that a failure can be seen again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Streams a text in pieces, as the renderer does, and gives the HTML of the blocks it was cut into. */
function streamed(pieces: readonly string[]): string {
  const { blocks, tail } = sources(pieces);
  return blocks.map((raw) => toHtml(lex(raw))).join("") + toHtml(lex(tail));
}

/** The source of each block, with the items that had left the tail before it ended. */
function sources(pieces: readonly string[]): { blocks: string[]; tail: string } {
  let tail = "";
  let grown = { head: "", raw: "" };
  const blocks: string[] = [];
  const whole = (rest: string): string => grown.head + grown.raw + rest.slice(grown.head.length);
  for (const piece of pieces) {
    const cut = split(tail, piece);
    if (cut.grown) grown = { head: cut.grown.head, raw: grown.raw + cut.grown.raw };
    for (const { raw } of cut.blocks) {
      blocks.push(whole(raw));
      grown = { head: "", raw: "" };
    }
    tail = cut.tail;
  }
  return { blocks, tail: whole(tail) };
}

function cut(text: string, chance: () => number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const size = 1 + Math.floor(chance() * chance() * 40);
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

const LINES = [
  "# Heading", "## Another *one*", "A paragraph with **bold** and `code`.", "and a second line", "",
  "", "- item", "- item two", "  - nested", "  continued", "* other bullet", "1. first", "2. second",
  "10. tenth", "   indented para", "> quote", "> more quote", "lazy line", "```python", "def f():",
  "    return 1", "```", "~~~", "---", "===", "| a | b |", "|---|:-:|", "| 1 | 2 |", "    indented code",
  "<div>", "</div>", "<!-- note", "-->", "text <sub>2</sub> <b>x</b>", "- [ ] open", "- [x] done",
  "![pic](https://elsewhere.example/a.png)", "[a link](https://example.org)", "\\* not a bullet", "***",
  "Line with two spaces  ", "| lonely pipe", "+", "-", "1.", ">",
];

describe("splitting Markdown while it streams", () => {
  it("gives the same HTML in any pieces as in one", () => {
    for (let seed = 1; seed <= 1500; seed++) {
      const chance = random(seed);
      const lines = Array.from({ length: 2 + Math.floor(chance() * 14) }, () => LINES[Math.floor(chance() * LINES.length)]);
      const text = normalise(lines.join("\n"));
      const pieces = cut(text, chance);
      expect(streamed(pieces), `seed ${seed}: ${JSON.stringify(text)}`).toBe(toHtml(lex(text)));
    }
  });

  it("loses and repeats no character", () => {
    const chance = random(7);
    const text = LINES.join("\n");
    const { blocks, tail } = sources(cut(text, chance));
    expect((blocks.join("") + tail).replaceAll("\n", "")).toBe(text.replaceAll("\n", ""));
  });

  it("cuts a finished paragraph off as soon as the next block has a whole line", () => {
    const { blocks, tail } = split("", "First.\n\n# Second\n");
    expect(blocks.map((block) => block.raw)).toEqual(["First."]);
    expect(tail).toBe("# Second\n");
  });

  it("keeps of a long list and a long table only what is open", () => {
    const items = Array.from({ length: 9 }, (_, n) => `${n + 1}. item\n   - nested\n`).join("");
    expect(split("", items).tail).toBe("9. item\n   - nested\n");
    expect(split("", items).grown).toMatchObject({ items: 8, loose: false });
    const head = "| a | b |\n|---|---|\n";
    expect(split(head, "| 1 | 2 |\n| 3 | 4 |\n| 5").tail).toBe(`${head}| 3 | 4 |\n| 5`);
    expect(split("- one\n\n- two\n", "- three\n").grown).toMatchObject({ items: 2, loose: true });
  });

  it("never cuts inside an open fence", () => {
    const { blocks, tail } = split("", "Look:\n\n```js\nlet a;\n\n# no heading\n\nlet b;\n");
    expect(blocks).toHaveLength(1);
    expect(tail.startsWith("```js\n")).toBe(true);
    expect(openFence(tail)?.language).toBe("js");
    expect(openFence(`${tail}\`\`\`\n`)).toBeUndefined();
  });

  it("keeps a longer fence open over a shorter one", () => {
    expect(openFence("````md\n```\ninner\n```\n")).toBeDefined();
    expect(openFence("````md\n```\ninner\n```\n````")).toBeUndefined();
  });
});

describe("HTML of an answer", () => {
  it("shows raw HTML as it is written, and drops comments", () => {
    expect(toHtml(lex("<script>alert(1)</script>"))).not.toContain("<script");
    expect(toHtml(lex("a <img src=x onerror=y> b"))).not.toContain("<img");
    expect(toHtml(lex("<!-- secret -->\n\ntext"))).not.toContain("secret");
    expect(toHtml(lex("H<sub>2</sub>O"))).toContain("<sub>2</sub>");
  });

  it("never lets a picture be fetched", () => {
    expect(toHtml(lex("![x](https://elsewhere.example/p.png)"))).not.toContain("<img");
  });
});
