import { describe, expect, it } from "vitest";

const SOURCES = import.meta.glob<string>("../src/**/*.ts", { query: "?raw", import: "default", eager: true });

/** What stands below may not know what stands above it; entries and what they load stand above all. */
const LAYERS = [["core"], ["ui"], ["account", "admin", "chat", "creator", "studio", "workspaces"], ["pages", "embed"], [""]];

const layerOf = (folder: string): number => LAYERS.findIndex((folders) => folders.includes(folder));

/** The folders that a file of `folder` imports from, types and what is fetched later among them. */
const imported = (source: string, folder: string): string[] =>
  [...source.matchAll(/(?:from|import) ?\(?"(\.[^"]*)\.js"/g)].map(([, path = ""]) => {
    const [to = ""] = new URL(path, `file:///${folder ? `${folder}/` : ""}`).pathname.slice(1).split("/").slice(0, -1);
    return to;
  });

describe("the folders of the pages", () => {
  it("are all known", () => {
    const folders = Object.keys(SOURCES).map((path) => path.split("/")[2] ?? "").filter((name) => !name.endsWith(".ts"));
    expect([...new Set(folders)].filter((folder) => layerOf(folder) < 0)).toEqual([]);
  });

  it("know only what stands beside or below them", () => {
    const upward = Object.entries(SOURCES).flatMap(([path, source]) => {
      const [, , folder = "", ...inner] = path.split("/");
      const own = inner.length ? folder : "";
      return imported(source, [own, ...inner.slice(0, -1)].filter(Boolean).join("/"))
        .filter((to) => layerOf(to) > layerOf(own))
        .map((to) => `${path} imports from ${to || "an entry"}`);
    });
    expect(upward).toEqual([]);
  });
});
