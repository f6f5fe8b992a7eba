/** Bundles the extension into one file, its webview into another, and the licences of what is in it into a third. */

import { build, type BuildOptions } from "esbuild";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { bundle } from "./l10n.ts";

const shared: BuildOptions & { metafile: true } = {
  bundle: true,
  minify: true,
  metafile: true,
  sourcemap: process.argv.includes("--debug"),
  legalComments: "none",
  logLevel: "warning",
};
const extension = await build({
  ...shared,
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.cjs",
  platform: "node",
  target: "node22",
  format: "cjs",
  external: ["vscode"],
});
const webview = await build({
  ...shared,
  entryPoints: ["src/webview/app.ts"],
  outfile: "dist/webview.js",
  platform: "browser",
  target: "es2022",
  format: "iife",
  alias: { vscode: "./src/webview/editor.ts" },
});

mkdirSync("dist/l10n", { recursive: true });
writeFileSync("dist/l10n/bundle.l10n.json", JSON.stringify(bundle("src"), null, 2) + "\n");

const folders = [extension, webview]
  .flatMap(({ metafile }) => Object.keys(metafile.inputs))
  .flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
const notices = [...new Set(folders)].sort().map((folder) => {
  const { name, version } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as Record<string, string>;
  const licences = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file));
  const texts = licences.map((file) => readFileSync(`${folder}/${file}`, "utf8").trim());
  return [`${name ?? folder} ${version ?? ""}`, ...texts].join("\n\n");
});
writeFileSync("dist/NOTICES.txt", notices.join(`\n\n${"-".repeat(80)}\n\n`) + "\n");
