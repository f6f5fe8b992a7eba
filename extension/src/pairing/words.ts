/** What a conversation at a line says. Knows transcripts; knows no thread and no window. */

import type { ItemView } from "../protocol/generated.ts";
import { t } from "../shared/l10n.ts";
import { inert, plainMarkdown, visible } from "../shared/text.ts";

/** A contribution to a conversation; `body` is Markdown in which nothing of others means anything but code blocks. */
export interface Said {
  readonly by: "person" | "agent";
  readonly body: string;
}

/** Characters of one answer that a thread shows; the session view has all of it. */
const LONGEST = 8_000;

/** What was said in these turns, in order: what was written here for each, answers, and in a word what the agent did. */
export function said(items: readonly ItemView[], turns: ReadonlyMap<number, string>): readonly Said[] {
  const found: { by: Said["by"]; parts: string[] }[] = [];
  const add = (by: Said["by"], part: string) => {
    const last = found.at(-1);
    if (last?.by === by) {
      last.parts.push(part);
    } else {
      found.push({ by, parts: [part] });
    }
  };
  for (const item of items.filter(({ turn }) => turns.has(turn))) {
    if (item.kind === "prompt") {
      add("person", prose(turns.get(item.turn) ?? ""));
    } else if (item.kind === "message") {
      add("agent", prose((item.text ?? "").slice(0, LONGEST)));
    } else if (item.kind === "tool_call") {
      add("agent", `_${plainMarkdown(inert(item.title ?? t("A tool ran")))}_`);
    } else if (item.kind === "permission" && item.permission?.chosen === undefined) {
      add("agent", `**${plainMarkdown(t("It asks: {0}", inert(item.permission?.title ?? "")))}**`);
    } else if (item.kind === "notice" && item.status === "failed") {
      add("agent", plainMarkdown(item.text ?? ""));
    }
  }
  return found.map(({ by, parts }) => ({ by, body: parts.join("\n\n") }));
}

/** Text of others as Markdown: blocks of code stay, everything else stands as it was written. */
export function prose(text: string): string {
  const pieces = visible(text).split(/^ {0,3}```[^\n`]*$/m);
  return pieces
    .map((piece, index) => (index % 2 === 1 ? fenced(piece) : plainMarkdown(piece.trim())))
    .filter((piece) => piece !== "")
    .join("\n\n");
}

function fenced(code: string): string {
  const longest = Math.max(2, ...(code.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${code.replace(/^\n|\n$/g, "")}\n${fence}`;
}
