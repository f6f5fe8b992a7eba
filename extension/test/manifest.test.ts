/** What package.json declares against what the code does. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bundle } from "../scripts/l10n.ts";

interface Item {
  readonly command: string;
  readonly args?: unknown;
  readonly when?: string;
  readonly group?: string;
}
interface Setting {
  readonly scope?: string;
  readonly description?: string;
  readonly markdownDescription?: string;
}
interface Manifest {
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly contributes: {
    readonly commands: readonly Item[];
    readonly keybindings: readonly Item[];
    readonly menus: Readonly<Record<string, readonly Item[]>>;
    readonly configuration: { readonly properties: Readonly<Record<string, Setting>> };
  };
}

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const text = read("package.json");
const manifest = JSON.parse(text) as Manifest;
const { commands, keybindings, menus, configuration } = manifest.contributes;
const declared = commands.map(({ command }) => command).sort();

test("each declared command is in the table, and each of the table is declared", () => {
  const table = read("src/commands/table.ts");
  const handled = [...table.matchAll(/^ {2}"(segue\.\w+)":/gm)].map(([, id]) => id).sort();
  assert.deepEqual(handled, declared);
});

test("menus, keys, welcome views and code name declared commands only", () => {
  const used = [...Object.values(menus).flat(), ...keybindings].flatMap(commandsOf);
  const linked = [...read("package.nls.json").matchAll(/\(command:(segue\.\w+)/g)].map(([, id]) => id ?? "");
  for (const id of [...used, ...linked]) {
    assert.ok(declared.includes(id), id);
  }
});

test("what opens a box to write in takes the focus out of the code before its command is on its way", () => {
  for (const id of ["segue.pair", "segue.discussHunk", "segue.rejectHunkWithReason"]) {
    const plain = keybindings.findIndex(({ command }) => command === id);
    const safe = keybindings.findIndex((item) => item.command === "runCommands" && commandsOf(item).includes(id));
    assert.ok(safe > plain, "the later of two keys is taken");
    const { args, when = "" } = keybindings[safe] ?? {};
    assert.deepEqual(args, { commands: ["workbench.action.blur", id] });
    assert.match(when, /editorTextFocus/);
  }
});

test("every command has a place in the palette", () => {
  const hidden = (menus["commandPalette"] ?? []).filter(({ when }) => when === "false");
  assert.deepEqual(hidden, []);
});

test("a row has at most four places for buttons in each bucket", () => {
  const inline = (menus["view/item/context"] ?? []).filter(({ group }) => group?.startsWith("inline") === true);
  const buckets = inline.map(({ when }) => /\/\^(\w+?)\\b/.exec(when ?? "")?.[1] ?? "");
  assert.ok(buckets.every(Boolean), "every button says its bucket");
  for (const bucket of new Set(buckets)) {
    const places = inline.filter((_, index) => buckets[index] === bucket).map(({ group }) => group);
    assert.ok(new Set(places).size <= 4, bucket);
  }
});

test("the command of a row has no arguments: the editor forgets them whenever it draws the row, and a click is lost", () => {
  for (const name of readdirSync(new URL("../src/views", import.meta.url))) {
    const source = read(`src/views/${name}`);
    assert.doesNotMatch(source, /\.command = \{[^}]*arguments/, name);
  }
});

test("every setting has a description, and lenses show inside of diffs", () => {
  for (const [name, setting] of Object.entries(configuration.properties)) {
    assert.ok(setting.description ?? setting.markdownDescription, name);
  }
  assert.match(text, /"diffEditor\.codeLens": true/);
});

test("no workspace can set what is run: settings and their scopes (D45)", () => {
  const scopes = Object.entries(configuration.properties).map(([name, { scope }]) => [name, scope]);
  assert.deepEqual(scopes, [
    ["segue.python", "machine"],
    ["segue.server.command", "machine"],
    ["segue.agentServers", "machine"],
    ["segue.notifications.needsYou", "application"],
    ["segue.notifications.ready", "application"],
  ]);
});

test("processes are started by the server's life only, behind workspace trust (S1)", () => {
  const files = readdirSync(new URL("../src", import.meta.url), { recursive: true, encoding: "utf8" });
  const sources = files.filter((path) => path.endsWith(".ts")).sort();
  const spawning = sources.filter((path) => read(`src/${path}`).includes("child_process"));
  assert.deepEqual(spawning, ["client/connection.ts", "client/installation.ts"]);
  const starting = sources.filter((path) => /\.build\(|Connection\.open\(/.test(read(`src/${path}`)));
  assert.deepEqual(starting, ["client/server.ts"]);
  assert.match(
    read("src/client/server.ts"),
    /if \(!workspace\.isTrusted\) \{\s+this\.enter\(\{ kind: "untrusted" \}\);/,
  );
});

test("the types of the editor are those of the oldest one that is supported", () => {
  assert.equal(manifest.engines.vscode, `^${manifest.devDependencies["@types/vscode"] ?? ""}`);
});

test("every text of the code can be translated, and the bundle of all of them is shipped", () => {
  const texts = bundle(fileURLToPath(new URL("../src", import.meta.url)));
  assert.equal(texts["Needs you"], "Needs you");
  assert.ok(Object.keys(texts).length > 100);
  assert.match(text, /"l10n": "\.\/dist\/l10n"/);
});

test("every %text% is there, and every text is used", () => {
  const texts = Object.keys(JSON.parse(read("package.nls.json")) as object).sort();
  const used = [...new Set([...text.matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key))].sort();
  assert.deepEqual(used, texts);
});

/** Of Segue; VS Code's own run several one after the other. */
function commandsOf({ command, args }: Item): readonly string[] {
  const { commands: several } = (args ?? {}) as { readonly commands?: readonly string[] };
  return command === "runCommands" ? (several ?? []).filter((id) => id.startsWith("segue.")) : [command];
}
