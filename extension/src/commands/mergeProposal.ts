/** *Merge…*: a proposal in VS Code's merge editor, and what was merged into the file's own buffer. Nothing is saved. */

import { commands, Range, Uri, WorkspaceEdit, window, workspace, type TextDocument } from "vscode";
import { announce } from "../pairing/bar.ts";
import { withLineEnds, type Mark } from "../pairing/hunks.ts";
import { hasLines, movedTo, replacementOf } from "../pairing/mergeTexts.ts";
import type { ProposalView } from "../protocol/generated.ts";
import { Failed, failureOf } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import type { Context } from "./context.ts";
import { proposalFor } from "./hunks.ts";

/** How often something that was overtaken is tried anew. */
const TRIES = 10;

export async function mergeProposal(context: Context, argument: unknown): Promise<void> {
  const { sessionId, view } = proposalFor(context, argument);
  if (!hasLines(view)) {
    throw new Failed({
      reason: "no_lines",
      message: t("There are no lines to merge here."),
      action: t("Take theirs, or keep yours."),
    });
  }
  const document = await workspace.openTextDocument(Uri.parse(view.uri));
  const text = withLineEnds(document.getText());
  const merged = await context.merging.merge(view, text);
  if (merged === undefined) {
    announce(t("Nothing was merged. The change still waits for you."));
    return;
  }
  await window.showTextDocument(document);
  await put(context, { document, view, from: text, to: withLineEnds(merged) });
  await settle(context, sessionId, view);
  announce(t("What you merged stands in the file, unsaved."));
}

/** The editor's own button for this is its git extension's alone, and only for files. */
export async function completeMerge(): Promise<void> {
  await commands.executeCommand("mergeEditor.acceptMerge");
}

interface Merge {
  readonly document: TextDocument;
  readonly view: ProposalView;
  readonly from: string;
  readonly to: string;
}

/** What came out goes where the proposal stands by now. An edit that something overtook is made anew. */
async function put(context: Context, { document, view, from, to }: Merge): Promise<void> {
  const wanted = replacementOf(from, to);
  if (wanted === undefined) {
    return;
  }
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const by = (current(context, view)?.startLine ?? view.startLine) - view.startLine;
    const there = movedTo(wanted, from, withLineEnds(document.getText()), by);
    if (there === undefined) {
      break;
    }
    const edit = new WorkspaceEdit();
    edit.replace(document.uri, new Range(there.startLine, 0, there.endLine, 0), there.text);
    if (await workspace.applyEdit(edit)) {
      return;
    }
  }
  await window.showTextDocument(await workspace.openTextDocument({ content: to, language: document.languageId }));
  throw new Failed({
    reason: "overtaken",
    message: t("The lines changed while you merged them, so the file is left as it is."),
    action: t("What you merged is open in a document of its own: take from it what you need."),
  });
}

/** The server hears of the edit before its next view says so: a decision that came too early is made again. */
async function settle(context: Context, sessionId: string, view: ProposalView): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const proposal = current(context, view);
    if (proposal === undefined) {
      return;
    }
    try {
      await context.pairing.resolve(sessionId, proposal, "mine");
      return;
    } catch (error) {
      if (failureOf(error).reason !== "hunk_changed") {
        throw error;
      }
      await changeFrom(context, proposal);
    }
  }
}

/** Waits until a proposal is not shown as it was any more. */
function changeFrom(context: Context, proposal: ProposalView): Promise<void> {
  const isSame = () => current(context, proposal)?.revision === proposal.revision;
  return new Promise((resolve) => {
    if (!isSame()) {
      resolve();
      return;
    }
    const listening = context.pairing.onChange(() => {
      if (!isSame()) {
        listening.dispose();
        resolve();
      }
    });
  });
}

function current({ pairing }: Context, { id }: ProposalView): ProposalView | undefined {
  const isIt = (mark: Mark) => mark.kind === "proposal" && mark.view.id === id;
  const found = pairing.marks.find(isIt);
  return found?.kind === "proposal" ? found.view : undefined;
}
