import { defineConfig } from "vite";

export default defineConfig({
  build: {
    target: "es2022",
    emptyOutDir: true,
    rolldownOptions: { input: "test/lab/markdown.ts", output: { entryFileNames: "lab.js" } },
  },
});
