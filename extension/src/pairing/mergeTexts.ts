/** The texts of a merge: what goes into the merge editor, and how what comes out of it fits. Knows lines; opens nothing. */

import type { ProposalView } from "../protocol/generated.ts";
import { t } from "../shared/l10n.ts";

/** A file with line ends `\n`, from each side of a proposal, and as the merge editor begins. */
export interface MergeTexts {
  readonly base: string;
  readonly mine: string;
  readonly theirs: string;
  /** With conflict markers: so the editor knows that something is left to do. */
  readonly result: string;
}

/** Lines from 0, the end exclusive, and what stands there instead. */
export interface Replacement {
  readonly startLine: number;
  readonly endLine: number;
  readonly text: string;
}

/** Whether lines are what it is about, and not that a file is there, or what it is. */
export function hasLines({ kind }: ProposalView): boolean {
  return kind === "overlap" || kind === "suspended";
}

/** `text` is what the buffer reads. */
export function mergeTexts({ startLine, endLine, base, mine, theirs }: ProposalView, text: string): MergeTexts {
  const lines = linesWithEnds(text);
  const whole = (here: string) => [...lines.slice(0, startLine), here, ...lines.slice(endLine)].join("");
  const conflict = `<<<<<<< ${t("The Agent's")}\n${ended(theirs)}=======\n${ended(mine)}>>>>>>> ${t("Yours")}\n`;
  return { base: whole(base), mine: whole(mine), theirs: whole(theirs), result: whole(conflict) };
}

/** What leads from one text to another, as one replacement of lines; undefined where they are the same. */
export function replacementOf(from: string, to: string): Replacement | undefined {
  if (from === to) {
    return undefined;
  }
  const [old, fresh] = [linesWithEnds(from), linesWithEnds(to)];
  const shortest = Math.min(old.length, fresh.length);
  let before = 0;
  while (before < shortest && old[before] === fresh[before]) {
    before += 1;
  }
  let behind = 0;
  while (behind < shortest - before && old.at(-1 - behind) === fresh.at(-1 - behind)) {
    behind += 1;
  }
  const text = fresh.slice(before, fresh.length - behind).join("");
  return { startLine: before, endLine: old.length - behind, text };
}

/**
 * A replacement for what a text reads by now, `by` lines further down; undefined where its lines have changed. `from` is
 * the text that it was made for.
 */
export function movedTo(replacement: Replacement, from: string, now: string, by: number): Replacement | undefined {
  const { startLine, endLine, text } = replacement;
  const [start, end] = [startLine + by, endLine + by];
  const were = linesWithEnds(from).slice(startLine, endLine).join("");
  const are = linesWithEnds(now).slice(Math.max(0, start), end).join("");
  return start >= 0 && were === are ? { startLine: start, endLine: end, text } : undefined;
}

function linesWithEnds(text: string): readonly string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

function ended(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
