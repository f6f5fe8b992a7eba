/** A transcript as plain text. Knows items; knows no editor. Everything stays inert: the document has no language. */

import type { ItemView, PlanEntryView, SessionView, ToolContentView } from "../protocol/generated.ts";
import { t } from "../shared/l10n.ts";
import { branchName, lines } from "../shared/text.ts";
import { questionText } from "./notices.ts";

const INDENT = "    ";
/** Lines of one tool call's output that are shown. */
const OUTPUT_LINES = 200;

export function transcriptText(session: SessionView | undefined, items: readonly ItemView[]): string {
  const head = session === undefined ? [] : [headOf(session)];
  return [...head, ...items.map(itemText).filter(Boolean)].join("\n\n") + "\n";
}

function headOf(session: SessionView): string {
  const { title, agent, branch, baseRef, stat } = session;
  const changed = lines(stat.added, stat.removed);
  const facts = [agent, t("{0} from {1}", branchName(branch), branchName(baseRef)), changed].filter(Boolean);
  const rule = "─".repeat(72);
  return [rule, visible(title), facts.join(" · "), rule].join("\n");
}

function itemText(item: ItemView): string {
  const text = visible(item.text ?? "");
  switch (item.kind) {
    case "prompt":
      return `> ${indented(text).trimStart()}`;
    case "message":
      return text.trimEnd();
    case "thought":
      return `… ${indented(text).trimStart()}`.trimEnd();
    case "tool_call":
      return toolText(item);
    case "plan":
      return (item.entries ?? []).map(entryText).join("\n");
    case "permission":
      return permissionText(item);
    case "notice":
      return `• ${text}`;
  }
}

function toolText(item: ItemView): string {
  const status = item.status === undefined || item.status === "" ? "" : ` (${item.status})`;
  const places = (item.locations ?? []).map(({ path, line }) => (line === undefined ? path : `${path}:${line}`));
  const parts = [...places, item.input ?? "", ...(item.content ?? []).map(contentText)].filter(Boolean);
  return [`▸ ${visible(item.title ?? t("Tool call"))}${status}`, ...parts.map((part) => indented(limited(part)))].join(
    "\n",
  );
}

function contentText(content: ToolContentView): string {
  const path = content.path === undefined || content.path === "" ? "" : `${content.path}\n`;
  return path + content.text;
}

function entryText({ status, content }: PlanEntryView): string {
  const mark = status === "completed" ? "x" : status === "in_progress" ? "~" : " ";
  return `[${mark}] ${visible(content)}`;
}

function permissionText({ permission }: ItemView): string {
  if (permission === undefined) {
    return "";
  }
  const chosen = permission.options.find(({ optionId }) => optionId === permission.chosen);
  const decision =
    permission.decidedBy === undefined
      ? t("Waits for an answer: {0}", permission.options.map(({ name }) => name).join(" / "))
      : t("Answered: {0} ({1})", chosen?.name ?? t("refused"), permission.decidedBy);
  return [`? ${indented(visible(questionText(permission))).trimStart()}`, indented(visible(decision))].join("\n");
}

function limited(text: string): string {
  const all = visible(text.replace(/\n$/, "")).split("\n");
  const missing = all.length - OUTPUT_LINES;
  return missing <= 0 ? all.join("\n") : [...all.slice(0, OUTPUT_LINES), t("… {0} more lines", missing)].join("\n");
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => INDENT + line)
    .join("\n");
}

/** Line ends stay; what would be invisible or turn the direction of writing is written as an escape. */
function visible(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[^\P{C}\n\t]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
