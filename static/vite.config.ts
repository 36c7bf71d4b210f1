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

export default defineConfig({
  build: {
    target: "es2022",
    // One preload helper costs more than it saves: chunks are few and small.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What several pages use arrives in one piece; otherwise each small module that two pages
        // share becomes a request of its own.
        advancedChunks: {
          groups: [
            {
              name: "shared",
              test: /\/node_modules\/(lit|@lit|lit-html|lit-element)\/|\/src\/core\/|\/src\/account\/menu|\/src\/ui\/(?!chart|prose|segmented|shell|page|loader|select|once|lost)/,
            },
            { name: "shell", test: /\/src\/ui\/(shell|segmented)/ },
            {
              name: "page",
              test: /\/locales\/en\.(account|notices)|\/src\/account\/notice-words|\/src\/pages\/frame|\/src\/ui\/(page|loader|select|once)\./,
            },
          ],
        },
      },
    },
  },
  plugins: [compressed()],
  test: { include: ["test/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
