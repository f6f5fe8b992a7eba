/**
 * Markdown of strangers as HTML that can do nothing: no HTML of theirs, no images, no addresses that the page itself
 * would follow. A link is an element without an address; the host asks before it opens one (D46).
 */

import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import java from "highlight.js/lib/languages/java";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import markdownIt from "markdown-it";
import { visible } from "../shared/text.ts";

/** Characters of a code block that is coloured, and of a message that is formatted at all; more stays plain. */
const CODE_LIMIT = 20_000;
export const TEXT_LIMIT = 100_000;

const LANGUAGES = { bash, css, diff, go, java, json, python, rust, sql, typescript, xml, yaml };
Object.entries(LANGUAGES).forEach(([name, language]) => hljs.registerLanguage(name, language));

const renderer = markdownIt({ html: false, linkify: false, typographer: false, highlight: colored }).disable("image");
renderer.validateLink = isWebLink;
const { rules } = renderer.renderer;
rules["link_open"] = (tokens, index) => {
  const href = renderer.utils.escapeHtml(String(tokens[index]?.attrGet("href") ?? ""));
  return `<span class="link" role="link" tabindex="0" data-link="${href}" title="${href}">`;
};
rules["link_close"] = () => "</span>";
rules["table_open"] = (tokens, index, options) =>
  `<div class="wide" tabindex="0">${renderer.renderer.renderToken(tokens, index, options)}`;
rules["table_close"] = () => "</table></div>";

/** HTML without scripts, styles, images and addresses. */
export function htmlOf(text: string): string {
  return renderer.render(visible(text));
}

/** Whether a link may be offered at all: the web, and nothing that the editor or the system would run. */
export function isWebLink(href: string): boolean {
  return /^https?:\/\/[^\s]+$/i.test(href) && URL.canParse(href);
}

function colored(code: string, language: string): string {
  if (code.length > CODE_LIMIT || hljs.getLanguage(language) === undefined) {
    return "";
  }
  return hljs.highlight(code, { language, ignoreIllegals: true }).value;
}

/** A piece of a text that is shown, and commented on, by itself. Lines count from 1, the last one included. */
export interface Block {
  readonly first: number;
  readonly last: number;
  readonly text: string;
}

const BEGINS = new Set([
  "paragraph_open",
  "heading_open",
  "fence",
  "code_block",
  "hr",
  "table_open",
  "blockquote_open",
]);

/** Markdown piece by piece: paragraphs, headings, blocks of code, and every entry of a list. All lines are in one of them. */
export function blocksOf(text: string): readonly Block[] {
  const lines = text.split("\n");
  const starts = new Set<number>();
  for (const { type, map, level } of renderer.parse(text, {})) {
    if (map !== null && (type === "list_item_open" || (level === 0 && BEGINS.has(type)))) {
      starts.add(map[0]);
    }
  }
  if (lines[0] !== undefined && lines.slice(0, Math.min(...starts)).some((line) => line.trim() !== "")) {
    starts.add(0);
  }
  const ordered = [...starts].sort((one, other) => one - other);
  return ordered.map((start, index) => blockAt(lines, start, ordered[index + 1] ?? lines.length));
}

/** Without the blank lines at its end; an entry of an inner list keeps its depth as a place, not as code. */
function blockAt(lines: readonly string[], start: number, end: number): Block {
  let last = end;
  while (last > start + 1 && lines[last - 1]?.trim() === "") {
    last -= 1;
  }
  const indent = /^ */.exec(lines[start] ?? "")?.[0].length ?? 0;
  const own = lines.slice(start, last).map((line) => (line.slice(0, indent).trim() === "" ? line.slice(indent) : line));
  return { first: start + 1, last, text: own.join("\n") };
}
