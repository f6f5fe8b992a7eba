/** Where the agent's undecided changes stand, and which comes next. Knows links as the server tells them; draws nothing. */

import type { DecideParams, HeldView, HunkView, LinkView, ProposalView } from "../protocol/generated.ts";
import { t } from "../shared/l10n.ts";
import { files, inert } from "../shared/text.ts";

/** A change to decide on. */
export type Mark =
  | { readonly kind: "hunk"; readonly sessionId: string; readonly view: HunkView }
  | { readonly kind: "proposal"; readonly sessionId: string; readonly view: ProposalView };

/** Where the cursor is; lines count from 0. */
export interface Place {
  readonly path: string;
  readonly line: number;
}

/** Places that a sentence names. */
const NAMED = 3;
/** Characters of a single old line that are shown beside the new one. */
const SHORT = 60;
/** Of a line, which may be megabytes long: enough to see that it is longer than `SHORT`. */
const LOOKED_AT = 1_000;

/** All changes of links, by file, then by line. */
export function marksOf(links: readonly LinkView[]): readonly Mark[] {
  return links.flatMap(({ sessionId, files: changed }) =>
    changed
      .toSorted((one, other) => (one.path < other.path ? -1 : 1))
      .flatMap(({ hunks, proposals }) =>
        [
          ...hunks.map((view): Mark => ({ kind: "hunk", sessionId, view })),
          ...proposals.map((view): Mark => ({ kind: "proposal", sessionId, view })),
        ].toSorted((one, other) => one.view.startLine - other.view.startLine),
      ),
  );
}

/** The change that the cursor stands in; lines that were only deleted count for those on both sides of them. */
export function markAt(marks: readonly Mark[], { path, line }: Place): Mark | undefined {
  const here = marks.filter(({ view }) => view.path === path);
  return here.find(({ view }) => holds(view, line)) ?? here.find(({ view }) => isEmpty(view) && isBeside(view, line));
}

/** The change behind the cursor, or before it with -1; round and round, over all files. */
export function neighbour(marks: readonly Mark[], { path, line }: Place, step: 1 | -1): Mark | undefined {
  const isBehind = ({ view }: Mark) => view.path > path || (view.path === path && view.startLine > line);
  const isBefore = ({ view }: Mark) => view.path < path || (view.path === path && lastLine(view) < line);
  return step === 1 ? (marks.find(isBehind) ?? marks[0]) : (marks.findLast(isBefore) ?? marks.at(-1));
}

/** What stood there before, in a few words; empty where nothing did. */
export function before({ oldText, newText }: HunkView): string {
  const old = linesOf(oldText);
  const [only] = old;
  if (only === undefined) {
    return "";
  }
  const short = inert(only.slice(0, LOOKED_AT).trim());
  if (old.length === 1 && only.length <= LOOKED_AT && short.length <= SHORT && newText !== "") {
    return t("was: {0}", short);
  }
  return old.length === 1 ? t("1 line was here") : t("{0} lines were here", old.length);
}

/** A change in one sentence, for those who hear it: which of how many, where, and what it does. */
export function spoken(mark: Mark, marks: readonly Mark[]): string {
  const { view } = mark;
  const number = marks.findIndex((each) => each.view.id === view.id) + 1;
  return t("Change {0} of {1}, {2}: {3}", number, marks.length, inert(view.path), effectOf(mark));
}

function effectOf(mark: Mark): string {
  const { startLine, endLine } = mark.view;
  const where = endLine > startLine + 1 ? t("lines {0} to {1}", startLine + 1, endLine) : t("line {0}", startLine + 1);
  if (mark.kind === "proposal") {
    return `${where}, ${inert(mark.view.message)}`;
  }
  const { oldText, newText, message } = mark.view;
  if (message !== undefined) {
    return inert(message);
  }
  const [added, removed] = [linesOf(newText).length, linesOf(oldText).length];
  return t("{0}, the agent adds {1}, removes {2}", where, added, removed);
}

/** How much is undecided: `3 changes in 2 files`. */
export function count(links: readonly LinkView[]): string {
  const marks = marksOf(links);
  const paths = new Set(marks.map(({ view }) => view.path));
  if (marks.length === 0) {
    return t("nothing to decide");
  }
  return marks.length === 1 ? t("1 change") : t("{0} changes in {1}", marks.length, files(paths.size));
}

/** What was decided, in one sentence: `Accepted 2 changes in 1 file.` */
export function decidedText(marks: readonly Mark[], decision: DecideParams["decision"]): string {
  const paths = files(new Set(marks.map(({ view }) => view.path)).size);
  const isAccepted = decision === "accept";
  if (marks.length === 1) {
    return isAccepted ? t("Accepted 1 change in {0}.", paths) : t("Rejected 1 change in {0}.", paths);
  }
  return isAccepted
    ? t("Accepted {0} changes in {1}.", marks.length, paths)
    : t("Rejected {0} changes in {1}.", marks.length, paths);
}

/** What was not decided with the others, by its name and why; empty where that is nothing. */
export function leftOut(
  held: readonly Pick<HeldView, "path" | "why">[],
  proposals: readonly Mark[],
  decision: DecideParams["decision"],
): string {
  const said: string[] = [];
  const isHeld = ({ view }: Mark) => "kind" in view && view.kind === "held";
  const conflicts = proposals.filter((mark) => !isHeld(mark));
  const heldBack = proposals.filter(isHeld).map(({ view }) => ({ path: view.path, why: view.message ?? "" }));
  const whyByPath = new Map([...heldBack, ...held].map(({ path, why }) => [path, why]));
  if (whyByPath.size > 0) {
    const named = listed([...whyByPath].map(([path, why]) => `${inert(path)} (${inert(why)})`));
    said.push(
      decision === "accept"
        ? t("Not accepted with the others: {0}. Use Next Change to go there and decide on it.", named)
        : t("Not rejected with the others: {0}. Use Next Change to go there and decide on it.", named),
    );
  }
  if (conflicts.length > 0) {
    const named = listed(conflicts.map(({ view }) => t("{0} line {1}", inert(view.path), view.startLine + 1)));
    const choices = t("Choose Take Theirs, Keep Mine or Merge there.");
    said.push(
      conflicts.length === 1
        ? t("1 conflict is left: you and the agent changed the same lines at {0}. {1}", named, choices)
        : t(
            "{0} conflicts are left: you and the agent changed the same lines at {1}. {2}",
            conflicts.length,
            named,
            choices,
          ),
    );
  }
  return said.join(" ");
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).join(", ");
  return names.length > NAMED ? t("{0} and {1} more", shown, names.length - NAMED) : shown;
}

/** A text as it reads where all of these are rejected; its line ends become `\n`. */
export function withoutChanges(text: string, hunks: readonly HunkView[]): string {
  const lines = withLineEnds(text).split(/(?<=\n)/);
  const behind = hunks
    .filter(({ isWholeFile }) => !isWholeFile)
    .toSorted((one, other) => other.startLine - one.startLine);
  for (const { startLine, endLine, oldText } of behind) {
    lines.splice(startLine, endLine - startLine, oldText);
  }
  return lines.join("");
}

/** Every line end as `\n`, which is how the link has texts. */
export function withLineEnds(text: string): string {
  return text.replace(/\r\n?/g, "\n");
}

export function isEmpty({ startLine, endLine }: { readonly startLine: number; readonly endLine: number }): boolean {
  return startLine >= endLine;
}

/** The lines of a text; what stands behind the last line end is a line only where it has something. */
export function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r\n|\r|\n/);
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

function holds({ startLine, endLine }: HunkView | ProposalView, line: number): boolean {
  return startLine <= line && line < endLine;
}

function isBeside({ startLine }: HunkView | ProposalView, line: number): boolean {
  return line === startLine || line === startLine - 1;
}

function lastLine({ startLine, endLine }: HunkView | ProposalView): number {
  return Math.max(startLine, endLine - 1);
}
