// Builds shanzhi/ui/static/ui/build/: app.css, app.js, icons.svg. Prints what a first page costs, gzipped, and fails over budget.
import { build, context } from "esbuild";
import { PurgeCSS } from "purgecss";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, "shanzhi/ui/static/ui/build");
const watching = process.argv.includes("--watch");

/** Bytes, gzipped, that a page's style, script and icons may take together; the HTML has the rest of 150 KB. */
const BUDGET = 110 * 1024;
/** City desks run browsers that are a few years old (Chromium 92 in common government builds). */
const target = ["chrome92", "firefox102", "safari15.4"];

/** Tabler's rules that our templates, Python and TypeScript use; class names are found by their text. */
const tablerUsed = {
  name: "tabler-used",
  setup(build) {
    build.onLoad({ filter: /tabler\.css$/ }, async ({ path }) => {
      const [result] = await new PurgeCSS().purge({
        css: [{ raw: await readFile(path, "utf8") }],
        content: [
          `${root}/shanzhi/**/templates/**/*.html`,
          `${root}/shanzhi/**/*.py`,
          `${root}/frontend/ts/**/*.ts`,
        ],
        defaultExtractor: (text) => text.match(/[\w-]+/g) ?? [],
        safelist: { standard: ["html", "body"], greedy: [/data-bs-theme/] },
        blocklist: ["navbar", "page", "datagrid", "steps", "timeline", "toast", "modal", "offcanvas", "carousel", "status", "avatar"],
        keyframes: true,
        variables: true,
      });
      return { contents: result.css, loader: "css" };
    });
  },
};

/** The dark tokens once more for people whose system is dark and who have chosen no theme. */
const darkBySystem = {
  name: "dark-by-system",
  setup(build) {
    build.onLoad({ filter: /tokens\.css$/ }, async ({ path }) => {
      const css = await readFile(path, "utf8");
      const [, block] = css.match(/^\[data-bs-theme="dark"\] (\{[\s\S]*?\n\})/m) ?? [];
      if (!block) throw new Error("tokens.css: the block of dark tokens is missing");
      const again = `@media screen and (prefers-color-scheme: dark) { :root:not([data-bs-theme]) ${block} }\n`;
      return { contents: css + again, loader: "css" };
    });
  },
};

/** One <symbol> for each name in icons.txt, and the shapes of the lights. */
async function sprite() {
  const names = (await readFile(join(root, "shanzhi/ui/icons.txt"), "utf8")).split(/\s+/).filter(Boolean);
  const symbols = await Promise.all(
    names.map(async (name) => {
      const svg = await readFile(join(root, `node_modules/@tabler/icons/icons/outline/${name}.svg`), "utf8");
      const inner = svg
        .replace(/^[\s\S]*?<svg[^>]*>/, "")
        .replace(/<\/svg>[\s\S]*$/, "")
        .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none" ?\/>/, "")
        .replace(/\s*\n\s*/g, "");
      return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${inner}</symbol>`;
    }),
  );
  const shapes = {
    "shape-circle": '<circle cx="12" cy="12" r="9"/>',
    "shape-triangle": '<path d="M12 2.5L22.5 21h-21z"/>',
    "shape-square": '<path d="M3 3h18v18H3z"/>',
    "shape-diamond": '<path d="M12 1.5L22.5 12 12 22.5 1.5 12z"/>',
    "shape-down": '<path d="M12 21.5L1.5 4h21z"/>',
    "shape-bars": '<path d="M5 4h5v16H5zM14 4h5v16h-5z"/>',
    "shape-ring": '<path fill-rule="evenodd" d="M12 3a9 9 0 100 18 9 9 0 000-18zm0 3a6 6 0 110 12 6 6 0 010-12z"/>',
  };
  for (const [name, path] of Object.entries(shapes)) {
    symbols.push(`<symbol id="${name}" viewBox="0 0 24 24" fill="currentColor">${path}</symbol>`);
  }
  await writeFile(join(out, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
}

async function report() {
  let total = 0;
  for (const name of ["app.css", "app.js", "icons.svg"]) {
    const bytes = gzipSync(await readFile(join(out, name)), { level: 9 }).length;
    total += bytes;
    console.log(`${name.padEnd(10)} ${(bytes / 1024).toFixed(1).padStart(6)} KB gzipped`);
  }
  console.log(`${"together".padEnd(10)} ${(total / 1024).toFixed(1).padStart(6)} KB of ${BUDGET / 1024} KB`);
  if (total > BUDGET) {
    console.error("Over budget: take something out, or load it only on the pages that need it.");
    process.exitCode = 1;
  }
}

const options = {
  entryPoints: [
    { in: join(root, "frontend/ts/app.ts"), out: "app" },
    { in: join(root, "frontend/css/app.css"), out: "app" },
  ],
  outdir: out,
  bundle: true,
  format: "iife",
  target,
  minify: !watching,
  legalComments: "none",
  charset: "utf8",
  banner: { js: "/* Shanzhi; includes htmx (BSD-0-Clause) */", css: "/* Shanzhi; includes Tabler and Bootstrap (MIT) */" },
  plugins: [tablerUsed, darkBySystem],
  logLevel: "warning",
};

await mkdir(out, { recursive: true });
await sprite();
if (watching) {
  await (await context(options)).watch();
  console.log("Watching frontend/; templates need a restart to add Tabler classes.");
} else {
  await build(options);
  await report();
}
