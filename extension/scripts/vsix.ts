/** Packs `dist/segue.vsix`: a zip with a manifest. Why not with `vsce` is told in docs/architecture.md. */

import { createWriteStream, readdirSync, readFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";

interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly version: string;
  readonly displayName: string;
  readonly description: string;
  readonly engines: { readonly vscode: string };
  readonly extensionKind: readonly string[];
  readonly categories: readonly string[];
  readonly keywords: readonly string[];
}

const SHIPPED = [
  "package.nls.json",
  "README.md",
  "LICENSE",
  "media/segue.svg",
  "media/walkthrough/answer.md",
  "media/walkthrough/delegate.md",
  "media/walkthrough/review.md",
  "dist/extension.cjs",
  "dist/webview.js",
  "dist/NOTICES.txt",
  "dist/l10n/bundle.l10n.json",
];
/** The local time is all that is written, so that a package has the same bytes in every time zone. */
const FIXED = { mtime: new Date(2026, 0, 1), forceDosTimestamp: true, mode: 0o100644 };

const source = JSON.parse(readFileSync("package.json", "utf8")) as Manifest & Record<string, unknown>;
const texts = JSON.parse(readFileSync("package.nls.json", "utf8")) as Record<string, string>;
const DEVELOPMENT = new Set(["devDependencies", "scripts", "private"]);
const shipped = Object.fromEntries(Object.entries(source).filter(([key]) => !DEVELOPMENT.has(key)));

const zip = new ZipFile();
const add = (name: string, content: Buffer | string) => {
  zip.addBuffer(Buffer.from(content), name, FIXED);
};
add("extension.vsixmanifest", manifest(source));
add("[Content_Types].xml", contentTypes());
add("extension/package.json", JSON.stringify(shipped, null, 2));
for (const path of SHIPPED) {
  add(`extension/${path}`, readFileSync(path === "LICENSE" ? "../LICENSE" : path));
}
for (const name of readdirSync("dist/server")) {
  add(`extension/dist/server/${name}`, readFileSync(`dist/server/${name}`));
}
zip.end();
await pipeline(zip.outputStream, createWriteStream("dist/segue.vsix"));

function manifest(of: Manifest): string {
  const property = (id: string, value: string) =>
    `<Property Id="Microsoft.VisualStudio.${id}" Value="${escape(value)}"/>`;
  const asset = (type: string, path: string) =>
    `<Asset Type="Microsoft.VisualStudio.${type}" Path="extension/${path}" Addressable="true"/>`;
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
<Metadata>
<Identity Language="en-US" Id="${of.name}" Version="${of.version}" Publisher="${of.publisher}"/>
<DisplayName>${escape(text(of.displayName))}</DisplayName>
<Description xml:space="preserve">${escape(text(of.description))}</Description>
<Tags>${escape(of.keywords.join(","))}</Tags>
<Categories>${escape(of.categories.join(","))}</Categories>
<License>extension/LICENSE</License>
<Properties>
${property("Code.Engine", of.engines.vscode)}
${property("Code.ExtensionKind", of.extensionKind.join(","))}
</Properties>
</Metadata>
<Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
<Dependencies/>
<Assets>
${asset("Code.Manifest", "package.json")}
${asset("Services.Content.Details", "README.md")}
${asset("Services.Content.License", "LICENSE")}
</Assets>
</PackageManifest>
`;
}

function contentTypes(): string {
  const types: Record<string, string> = {
    ".cjs": "application/javascript",
    ".json": "application/json",
    ".md": "text/markdown",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".vsixmanifest": "text/xml",
    ".whl": "application/zip",
  };
  const defaults = Object.entries(types).map(
    ([ending, type]) => `<Default Extension="${ending}" ContentType="${type}"/>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${defaults.join("")}</Types>
`;
}

function text(value: string): string {
  const key = /^%(.+)%$/.exec(value)?.[1];
  return key === undefined ? value : (texts[key] ?? value);
}

function escape(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
