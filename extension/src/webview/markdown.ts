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
