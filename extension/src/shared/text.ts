/**
 * Text of others made harmless, and numbers made readable. Knows what VS Code reads into plain text: icons in labels,
 * links in notifications, Markdown in tooltips.
 */

import { t } from "./l10n.ts";

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
const MARKDOWN = /[\\`*_{}[\]()#+\-.!|<>~&:@/"']/g;

/** One line in which nothing is invisible, no direction is turned and no `[text](command:…)` becomes a link. */
export function inert(text: string): string {
  return text.replace(/\s+/g, " ").replace(INVISIBLE, escaped).replaceAll("](", "] (");
}

/**
 * Lines stay lines; what would be invisible or turn the direction of writing is written as an escape. Only what joins
 * emoji stays as it is.
 */
export function visible(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[^\P{C}\n\t\u200d]|(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\u200d/gu, escaped);
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** For labels in which VS Code would draw `$(name)` as an icon: quick picks and the status bar. */
export function iconless(text: string): string {
  return inert(text).replaceAll("$(", "\\$(");
}

/** For Markdown: every character that could mean something is escaped, lines stay lines. */
export function plainMarkdown(text: string): string {
  const lines = text.split(/\r\n|\r|\n/).map((line) => inert(line).replace(MARKDOWN, (character) => `\\${character}`));
  return lines.join("  \n");
}

/** At most `limit` characters; what is left out is counted, never hidden. */
export function cut(text: string, limit: number): string {
  const characters = Array.from(text);
  const missing = characters.length - limit;
  return missing <= 0 ? text : t("{0}… {1} more characters", characters.slice(0, limit).join(""), missing);
}

/** At most `width` characters, with `…` where something is missing; for names that are shown whole elsewhere. */
export function shortened(text: string, width: number): string {
  const characters = Array.from(text);
  const kept = characters.slice(0, width - 1).join("");
  return characters.length <= width ? text : `${kept.trimEnd()}…`;
}

/** The last part of a path of either kind. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
}

/** A branch's full ref name as people say it. */
export function branchName(ref: string | undefined): string {
  return ref === undefined ? t("a detached commit") : ref.replace(/^refs\/heads\//, "");
}

/** `+3 −1`, or empty where no line changed. */
export function lines(added: number, removed: number): string {
  return [added > 0 ? `+${added}` : "", removed > 0 ? `−${removed}` : ""].filter(Boolean).join(" ");
}

/** How long ago, in one short word: `now`, `5m`, `3h`, `2d`. */
export function age(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes < 1) {
    return t("now");
  }
  if (minutes < 60) {
    return t("{0}m", minutes);
  }
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? t("{0}h", hours) : t("{0}d", Math.floor(hours / 24));
}

/** `10 bytes`, `2.0 KB`, `40 MB`, `1.5 GB`; powers of 1024. */
export function bytes(count: number): string {
  if (count < 1024) {
    return t("{0} bytes", count);
  }
  const power = Math.min(3, Math.floor(Math.log2(count) / 10));
  const size = count / 1024 ** power;
  const shown = size < 10 ? size.toFixed(1) : Math.round(size).toLocaleString("en-US");
  return t("{0} {1}", shown, ["", "KB", "MB", "GB"][power] ?? "");
}

/** `1 file`, `2 files`. */
export function files(count: number): string {
  return count === 1 ? t("1 file") : t("{0} files", count);
}

/** `text` in pieces of at most `width` characters; joined they are the text. */
export function pieces(text: string, width: number): readonly string[] {
  const characters = Array.from(text);
  const count = Math.max(1, Math.ceil(characters.length / width));
  return Array.from({ length: count }, (_, index) => characters.slice(index * width, (index + 1) * width).join(""));
}
