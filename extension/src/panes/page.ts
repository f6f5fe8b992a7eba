/** The page around the webview's script. Knows its policy: nothing loads, and only this script runs (D46). */

import { randomBytes } from "node:crypto";
import { env, Uri, type Webview, type WebviewOptions } from "vscode";

export function pageOptions(extension: Uri): WebviewOptions {
  return { enableScripts: true, enableForms: false, localResourceRoots: [Uri.joinPath(extension, "dist")] };
}

export interface Page {
  readonly title: string;
  /** Theme token of what the page stands on. */
  readonly background: "sideBar-background" | "editor-background";
  readonly isTab: boolean;
}

export function pageFor(webview: Webview, extension: Uri, { title, background, isTab }: Page): string {
  const nonce = randomBytes(16).toString("hex");
  const script = webview.asWebviewUri(Uri.joinPath(extension, "dist", "webview.js")).toString();
  const policy = `default-src 'none'; img-src data:; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="${env.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
<style nonce="${nonce}">html, body { margin: 0; padding: 0; height: 100%; overflow: hidden; --segue-background: var(--vscode-${background}); background: var(--segue-background); }</style>
</head>
<body><main><segue-app${isTab ? " tab" : ""}></segue-app></main><script nonce="${nonce}" src="${script}"></script></body>
</html>`;
}
