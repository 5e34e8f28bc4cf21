import { join } from "node:path";
import tailwind from "@tailwindcss/vite";
import { defineConfig } from "vite";

/** The chat page: static files with relative addresses, no inline script or style, nothing from another host. */
export default defineConfig({
  root: join(import.meta.dirname, "src/emulator/page"),
  base: "./",
  publicDir: false,
  plugins: [tailwind()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  resolve: {
    alias: {
      "react/jsx-runtime": "preact/jsx-runtime",
      "react-dom": "preact/compat",
      react: "preact/compat",
    },
  },
  build: {
    outDir: join(import.meta.dirname, "dist/page"),
    emptyOutDir: true,
    target: "es2023",
    // Both would put code into the page that its content security policy refuses, or that nobody needs.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // "use client" in a package means nothing to a page without a server.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
});
