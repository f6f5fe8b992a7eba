/** Deciding on the agent's changes, one by one or many at once, from a lens, a key or the palette. */

import { Range, Selection, TextEditorRevealType, Uri, window } from "vscode";
import type { DecideParams, HeldView, HunkView } from "../protocol/generated.ts";
import { announce } from "../pairing/bar.ts";
import { count, decidedText, leftOut, markAt, neighbour, spoken, type Mark } from "../pairing/hunks.ts";
import { reviewed } from "../review/virtualDocuments.ts";
import { Cancelled, Failed } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { inert } from "../shared/text.ts";
import type { Context } from "./context.ts";
import { linkedFor } from "./pair.ts";
import { discussReview } from "./reviewComments.ts";

type Decision = DecideParams["decision"];
type HunkMark = Extract<Mark, { kind: "hunk" }>;
type ProposalMark = Extract<Mark, { kind: "proposal" }>;

export async function nextHunk(context: Context): Promise<void> {
  await go(context, 1);
}

export async function previousHunk(context: Context): Promise<void> {
  await go(context, -1);
}

export async function acceptHunk(context: Context, argument: unknown): Promise<void> {
  await decideOne(context, argument, "accept");
}

export async function rejectHunk(context: Context, argument: unknown): Promise<void> {
  await decideOne(context, argument, "reject");
}

export async function rejectHunkWithReason(context: Context, argument: unknown): Promise<void> {
  const mark = hunkFor(context, argument);
  const reason = await askWhy();
  await context.pairing.decide(mark.sessionId, [mark.view], "reject", reason);
  announce(t("Rejected. The reason is collected for the agent."));
}

async function askWhy(): Promise<string> {
  const reason = await window.showInputBox({
    title: t("Reject with a reason"),
    prompt: t("It goes to the agent with your next comments."),
    placeHolder: t("Why not?"),
    ignoreFocusOut: true,
  });
  if (reason === undefined || reason.trim() === "") {
    throw new Cancelled();
  }
  return reason;
}

export async function discussHunk(context: Context, argument: unknown): Promise<void> {
  const editor = window.activeTextEditor;
  if (idOf(argument) === undefined && editor !== undefined && reviewed(editor.document.uri) !== undefined) {
    await discussReview(context, editor);
    return;
  }
  const { sessionId, view } = markFor(context, argument);
  const { path, startLine, endLine } = view;
  const hunkId = "newText" in view ? view.id : undefined;
  const uri = Uri.parse(view.uri);
  await window.showTextDocument(uri, { preserveFocus: true });
  context.threads.discuss(uri, { sessionId, path, startLine, endLine, hunkId });
}

export async function acceptFile(context: Context): Promise<void> {
  await decideMany(context, inFile(context), "accept");
}

export async function rejectFile(context: Context): Promise<void> {
  await decideMany(context, inFile(context), "reject");
}

export async function acceptAll(context: Context): Promise<void> {
  await decideMany(context, context.pairing.marks, "accept", (id, views) => context.pairing.acceptAll(id, views));
}

export async function rejectAll(context: Context): Promise<void> {
  const yes = t("Reject All");
  const question = t("Reject {0}?", count(context.pairing.links));
  const detail = t("The agent's changes are taken out of your files. Undo Last Decision brings them back.");
  if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) {
    throw new Cancelled();
  }
  await decideMany(context, context.pairing.marks, "reject");
}

export async function undoLastDecision(context: Context, argument: unknown): Promise<void> {
  await context.pairing.undo(linkedFor(context, argument).id);
  announce(t("The last decision was taken back."));
}

export async function showWas(context: Context, argument: unknown): Promise<void> {
  const mark = markFor(context, argument);
  await (mark.kind === "proposal" && mark.view.kind === "held" ? reveal(context, mark) : context.sides.peek(mark));
}

export async function takeTheirs(context: Context, argument: unknown): Promise<void> {
  const { sessionId, view } = proposalFor(context, argument);
  await context.pairing.resolve(sessionId, view, "theirs");
  announce(t("The agent's lines stand there now."));
}

export async function keepMine(context: Context, argument: unknown): Promise<void> {
  const { sessionId, view } = proposalFor(context, argument);
  await context.pairing.resolve(sessionId, view, "mine");
  announce(t("Your lines stay."));
}

async function go(context: Context, step: 1 | -1): Promise<void> {
  const mark = neighbour(context.pairing.marks, context.pairing.placeOf(), step);
  if (mark === undefined) {
    announce(t("There is nothing to decide."));
    return;
  }
  announce(spoken(mark, context.pairing.marks));
  await reveal(context, mark);
}

async function reveal(context: Context, mark: Mark): Promise<void> {
  const { view } = mark;
  if (mark.kind === "proposal" && mark.view.kind === "held") {
    await showHeld(context, mark);
    return;
  }
  const editor = await window.showTextDocument(Uri.parse(view.uri));
  const start = Math.min(view.startLine, editor.document.lineCount - 1);
  editor.selection = new Selection(start, 0, start, 0);
  const end = Math.max(start, Math.min(view.endLine, editor.document.lineCount - 1));
  editor.revealRange(new Range(start, 0, end, 0), TextEditorRevealType.InCenterIfOutsideViewport);
}

/** What is held back may be in no file yet: both sides are compared, and it is decided on there. */
async function showHeld(context: Context, mark: ProposalMark): Promise<void> {
  const { view } = mark;
  await context.sides.compare(view, t("{0} (held back)", inert(view.path)));
  context.reporter.report(decideHeld(context, mark), "deciding on what is held back"); // keys do not wait for it
}

async function decideHeld(context: Context, { sessionId, view }: ProposalMark): Promise<void> {
  const take = t("Take It");
  const keep = t("Keep Mine");
  const answer = await window.showWarningMessage(inert(view.message), take, keep);
  if (answer !== undefined) {
    await context.pairing.resolve(sessionId, view, answer === take ? "theirs" : "mine");
    announce(answer === take ? t("Taken.") : t("Your file stays as it is."));
  }
}

/** From a key the cursor goes on to the next change; a lens leaves it where it is. */
async function decideOne(context: Context, argument: unknown, decision: Decision): Promise<void> {
  const mark = hunkFor(context, argument);
  const isByKey = idOf(argument) === undefined;
  const behind = context.pairing.marks.filter(({ view }) => view.id !== mark.view.id);
  const next = neighbour(behind, { path: mark.view.path, line: mark.view.startLine }, 1);
  await context.pairing.decide(mark.sessionId, [mark.view], decision);
  const done = decision === "accept" ? t("Accepted.") : t("Rejected.");
  const current = context.pairing.marks.find(({ view }) => view.id === next?.view.id) ?? next;
  if (isByKey && current !== undefined) {
    await reveal(context, current);
    announce(`${done} ${spoken(current, behind)}`);
  } else {
    announce(done);
  }
}

/** `ofAll` is asked for each linked session, also where there is no change: something may be held back. */
async function decideMany(
  context: Context,
  marks: readonly Mark[],
  decision: Decision,
  ofAll?: (id: string, views: readonly HunkView[]) => Promise<readonly HeldView[]>,
): Promise<void> {
  const decide = ofAll ?? ((id, views) => context.pairing.decide(id, views, decision));
  const linked = ofAll === undefined ? [] : context.pairing.links;
  const hunks = marks.filter((mark): mark is HunkMark => mark.kind === "hunk");
  const proposals = marks.filter(({ kind }) => kind === "proposal");
  const held: HeldView[] = [];
  for (const sessionId of new Set([...hunks, ...linked].map((each) => each.sessionId))) {
    const views: readonly HunkView[] = hunks.filter((mark) => mark.sessionId === sessionId).map(({ view }) => view);
    held.push(...(await decide(sessionId, views)));
  }
  if (hunks.length + proposals.length + held.length === 0) {
    throw new Failed(nothing());
  }
  const waiting = new Set(held.map(({ path }) => path));
  const decided = hunks.filter(({ view }) => !waiting.has(view.path));
  if (decided.length > 0) {
    announce(decidedText(decided, decision));
  }
  const ids = new Set(proposals.map(({ view }) => view.id));
  const next = context.pairing.marks.find(({ view }) => waiting.has(view.path) || ids.has(view.id));
  if (next !== undefined) {
    await reveal(context, next);
  }
  const left = leftOut(held, proposals, decision);
  if (left !== "") {
    void window.showWarningMessage(left);
  }
}

function inFile({ pairing }: Context): readonly Mark[] {
  const { path } = pairing.placeOf();
  return pairing.marks.filter(({ view }) => view.path === path);
}

function hunkFor(context: Context, argument: unknown): HunkMark {
  const mark = markFor(context, argument);
  if (mark.kind !== "hunk") {
    throw new Failed({
      reason: "proposal",
      message: t("You and the agent changed the same lines here."),
      action: t("Take theirs, keep yours, or merge."),
    });
  }
  return mark;
}

export function proposalFor(context: Context, argument: unknown): ProposalMark {
  const mark = markFor(context, argument);
  if (mark.kind !== "proposal") {
    throw new Failed(nothing());
  }
  return mark;
}

function markFor({ pairing }: Context, argument: unknown): Mark {
  const id = idOf(argument);
  const mark =
    id === undefined ? markAt(pairing.marks, pairing.placeOf()) : pairing.marks.find(({ view }) => view.id === id);
  if (mark === undefined) {
    throw new Failed(nothing());
  }
  return mark;
}

function nothing() {
  return {
    reason: "no_hunk",
    message: t("There is no change of the agent here."),
    action: t("Go to the next one, or look at the status bar for how many are left."),
  };
}

function idOf(argument: unknown): string | undefined {
  const isMark = typeof argument === "object" && argument !== null && "markId" in argument;
  return isMark && typeof argument.markId === "string" ? argument.markId : undefined;
}
