import path from "node:path";
import { gzipSync } from "node:zlib";

import { defineConfig, type Plugin } from "vite";

/** Writes a `.gz` beside every text asset, so that the server only has to choose. */
function compressed(): Plugin {
  return {
    name: "causerie-gzip",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        for (const [name, file] of Object.entries(bundle)) {
          if (!/\.(js|css|html|svg|json)$/.test(name)) continue;
          const source = file.type === "chunk" ? file.code : file.source;
          this.emitFile({ type: "asset", fileName: `${name}.gz`, source: gzipSync(source, { level: 9 }) });
        }
      },
    },
  };
}

/** What stands between the braces of an import or an export: "a as b", or "a" that keeps its name. */
const renamed = (list: string): [string, string][] =>
  list.split(",").map((pair) => {
    const [name = "", local = name] = pair.trim().split(" as ");
    return [name, local];
  });

/** Puts the bundler's few helpers into the chunks that use them: as a chunk they are one more request. */
function inlined(): Plugin {
  return {
    name: "causerie-inlined-runtime",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
        const named = (name: string) => chunks.find((chunk) => chunk.name === name);
        const [runtime, shared] = [named("rolldown-runtime"), named("shared")];
        if (!runtime || !shared) return;
        const [, body, exported] = /^([^]*)export\{([^}]*)\};?\s*$/.exec(runtime.code) ?? [];
        if (body === undefined || exported === undefined) throw new Error("the runtime has another shape than expected");
        const inner = new Map(renamed(exported).map(([name, local]) => [local, name]));
        const statement = new RegExp(`import\\{([^}]*)\\}from"[^"]*${path.basename(runtime.fileName)}";`);
        for (const chunk of chunks) {
          chunk.code = chunk.code
            .replace(statement, (_whole, wanted: string) => {
              const pairs = renamed(wanted);
              const told = pairs.map(([name, local]) => `${local}:${inner.get(name)}`).join();
              return `var{${pairs.map(([, local]) => local).join()}}=(()=>{${body}return{${told}}})();`;
            })
            // What a page fetches along with a chunk: places in these lists have numbers.
            .replaceAll(path.basename(runtime.fileName), path.basename(shared.fileName));
        }
        const page = bundle["index.html"];
        if (page?.type === "asset") {
          const told = new RegExp(`^.*${path.basename(runtime.fileName)}.*\\n`, "m");
          page.source = String(page.source).replace(told, "");
        }
        delete bundle[runtime.fileName];
      },
    },
  };
}

export default defineConfig({
  build: {
    target: "es2022",
    // One preload helper costs more than it saves: chunks are few and small.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: "index.html", causerie: "src/embed.ts" },
      output: {
        // The one name that other sites write down.
        entryFileNames: ({ name }) => (name === "causerie" ? "embed/causerie.js" : "assets/[name]-[hash].js"),
        // What several pages use arrives in one piece; otherwise each small module that two pages
        // share becomes a request of its own.
        advancedChunks: {
          groups: [
            {
              name: "shared",
              test: /vite\/preload-helper|rolldown\/runtime|rolldown:runtime|\/node_modules\/(lit|@lit|lit-html|lit-element)\/|\/src\/core\/(?!rebind|sse|errand|thread|sending|starting|overhttp|entries|queue|due|patience|choices|branches|places)|\/src\/account\/(menu|pace|fresh)\.|\/src\/admin\/(scope|moments|people)\.|\/src\/chat\/commands\.|\/src\/ui\/(?!door|chart|plot|moment|prose|segmented|page|loader|select|once|lost|provider|area|tags|draft-form|editor|kept|leaving|search|copy\.|bars|axis|palette|time-range|skeleton|slider|ring|chip|rows)/,
            },
            // Markdown waits until there is something to show.
            {
              name: "markdown",
              test: /\/locales\/en\.markdown|\/src\/chat\/picture|\/src\/chat\/markdown\/(decorate|highlight|html|render|sanitize|split)|\/node_modules\/(marked|remend|dompurify)\//,
            },
            // What shows answers: chat needs the frame at once, the creator's tools only when something
            // was answered, and both need Markdown when there is text.
            {
              name: "answer",
              test: /\/src\/chat\/(markdown\/(flush|lazy)|context\.|words|notice|receipt\.|refusal|clipboard)|\/locales\/en\.chat|\/creator\/chat-texts|\/src\/core\/patience|\/src\/ui\/prose/,
            },
            // The quota is not among what is shared: in another site's page its name is that of a box around
            // it, and the box has to be there first.
            { name: "shell", test: /\/src\/pages\/shell\.|\/src\/ui\/(segmented|palette|skeleton|slider|ring|chip)|\/src\/account\/quota\./ },
            {
              name: "page",
              test: /\/locales\/en\.(account|notices)|\/src\/account\/(notice-words|settings-|agents-words)|\/src\/pages\/(frame|settings-frame)|\/src\/core\/sse\.|\/src\/creator\/(confidence|platforms)|\/src\/ui\/(page|rows|loader|select|once|copy|area|tags|draft-form|editor|kept|leaving|search)\.|\/src\/admin\/keys\./,
            },
          ],
        },
      },
    },
  },
  // A script of ours in another site's page finds the rest beside itself, not at that site.
  experimental: { renderBuiltUrl: (_name, { hostType }) => (hostType === "js" ? { relative: true } : undefined) },
  plugins: [inlined(), compressed()],
  test: { include: ["test/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
