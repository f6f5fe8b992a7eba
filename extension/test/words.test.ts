/** Every text that a person may read goes through `t`, so that it can be translated: found in the syntax, not by names. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { bundle } from "../scripts/l10n.ts";
import { SERVER_TEXTS } from "../src/protocol/generated.ts";

const SOURCES = fileURLToPath(new URL("../src", import.meta.url));
/** Two words in a row make a text; one word may be an identifier. */
const TEXT = /[A-Za-z]{2,}[,:]? [a-z]{2,}/;
/** What is read in the log, in a stack trace or by git, and is never translated. */
const UNTRANSLATED = /(^|\.)(log|options|reporter)\.(debug|info|warn|error|report)$|^Error$|\.register(UriHandler)?$/;
/** Scripts, markup and class names; and a report of a problem, which is for those who read English here. */
const FOR_MACHINES = [
  /^client\/(installation|python)\.ts: import /,
  /^commands\/context\.ts: lost row$/,
  /^commands\/delegate\.ts: segue-ask /,
  /^commands\/problem\.ts: (# Segue|- )/,
  /^commands\/rules\.ts: # Rules on what /,
  /^panes\/page\.ts: ([^]*[<>]|default-src )/,
  /^pairing\/decorations\.ts: [^]*[<>]/,
  /^webview\/markdown\.ts: </,
  /^webview\/tool\.ts: diff (added|removed)$/,
];

test("no text for people stands outside of t()", () => {
  const found = files().flatMap(([path, source]) => loose(source).map((text) => `${path}: ${text}`));
  const isForPeople = (text: string) => !FOR_MACHINES.some((pattern) => pattern.test(text));
  assert.deepEqual(found.filter(isForPeople), []);
});

test("in the page no element has words of its own", () => {
  const found = files().flatMap(([path, source]) => templates(source).map((text) => `${path}: ${text}`));
  assert.deepEqual(found, []);
});

test("translators get exactly the texts that the code and the server use, with their places", () => {
  const used = files().flatMap(([, source]) => calls(source));
  const texts = new Set([...used.map(({ text }) => text), ...SERVER_TEXTS]);
  assert.deepEqual([...texts].sort(), Object.keys(bundle(SOURCES)));
  for (const { text, values } of used) {
    const places = new Set([...text.matchAll(/\{(\d+)\}/g)].map(([, place]) => Number(place)));
    assert.deepEqual([...places].sort(), [...Array(values).keys()], text);
  }
});

function files(): readonly (readonly [string, ts.SourceFile])[] {
  return readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith("generated.ts"))
    .map((path) => {
      const text = readFileSync(`${SOURCES}/${path}`, "utf8");
      return [path, ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)];
    });
}

function nodes(source: ts.SourceFile): readonly ts.Node[] {
  const all: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    all.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return all;
}

function calls(source: ts.SourceFile): readonly { readonly text: string; readonly values: number }[] {
  return nodes(source).flatMap((node) => {
    const first = isCallOfT(node) ? node.arguments[0] : undefined;
    const isLiteral = first !== undefined && ts.isStringLiteralLike(first);
    return isCallOfT(node) && isLiteral ? [{ text: first.text, values: node.arguments.length - 1 }] : [];
  });
}

function loose(source: ts.SourceFile): readonly string[] {
  return nodes(source)
    .filter(
      (node) => ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node),
    )
    .filter((node) => TEXT.test(node.text) && !isTranslated(node))
    .map((node) => node.text);
}

function isCallOfT(node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "t";
}

/** Within a call of `t`, a call whose words are not for the window, or a template of elements or styles. */
function isTranslated(node: ts.Node): boolean {
  for (let up = node.parent; !ts.isSourceFile(up); up = up.parent) {
    const isFree = (ts.isCallExpression(up) || ts.isNewExpression(up)) && UNTRANSLATED.test(up.expression.getText());
    if (isFree || isCallOfT(up) || ts.isTaggedTemplateExpression(up)) {
      return true;
    }
  }
  return false;
}

/** Words between the tags of an html template, and in the attributes that are read out. */
function templates(source: ts.SourceFile): readonly string[] {
  return nodes(source).flatMap((node) => {
    if (!ts.isTaggedTemplateExpression(node) || node.tag.getText() !== "html") {
      return [];
    }
    const { template } = node;
    const markup = ts.isNoSubstitutionTemplateLiteral(template)
      ? template.text
      : [template.head.text, ...template.templateSpans.map(({ literal }) => literal.text)].join("\u0000");
    const between = markup.replace(/<[^>]*>/g, "\u0000");
    const attributes = [...markup.matchAll(/(?:aria-label|title|placeholder|alt)="([^"\u0000]+)"/g)].map(
      ([, text]) => text,
    );
    return [...between.split("\u0000"), ...attributes].flatMap((text) =>
      /[A-Za-z]{2,}/.test(text ?? "") ? [text ?? ""] : [],
    );
  });
}
