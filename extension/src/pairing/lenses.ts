/** Lenses on the agent's undecided changes: what can be done with each, in words. */

import { CodeLens, EventEmitter, languages, Range, type CodeLensProvider, type TextDocument } from "vscode";
import type { HunkView, ProposalView } from "../protocol/generated.ts";
import { Disposable } from "../shared/disposable.ts";
import { t } from "../shared/l10n.ts";
import { inert } from "../shared/text.ts";
import { hasLines } from "./mergeTexts.ts";
import type { Pairing } from "./pairing.ts";

/** What a lens hands to its command. */
export interface MarkId {
  readonly sessionId: string;
  readonly markId: string;
}

export class HunkLenses extends Disposable implements CodeLensProvider {
  private readonly pairing: Pairing;
  private readonly changed = this.register(new EventEmitter<void>());

  readonly onDidChangeCodeLenses = this.changed.event;

  constructor(pairing: Pairing) {
    super();
    this.pairing = pairing;
    this.register(pairing.onChange(() => this.changed.fire()));
    this.register(languages.registerCodeLensProvider({ scheme: "file" }, this));
  }

  provideCodeLenses(document: TextDocument): CodeLens[] {
    const found = this.pairing.fileAt(document.uri);
    if (found === undefined) {
      return [];
    }
    const { sessionId, file } = found;
    return [
      ...file.hunks.flatMap((hunk) => hunkLenses(document, sessionId, hunk, file.runs)),
      ...file.proposals.flatMap((proposal) => proposalLenses(document, sessionId, proposal)),
    ];
  }
}

function hunkLenses(
  document: TextDocument,
  sessionId: string,
  hunk: HunkView,
  runs: string | undefined,
): readonly CodeLens[] {
  const make = lensesAt(document, hunk.startLine, { sessionId, markId: hunk.id });
  const had = hunk.oldText !== "" && !hunk.isWholeFile;
  return [
    ...(runs === undefined ? [] : [make(`$(warning) ${t("Look closely: {0}", inert(runs))}`, "segue.showWas")]),
    ...(hunk.message === undefined ? [] : [make(inert(hunk.message), "segue.showWas")]),
    make(`$(check) ${t("Accept")}`, "segue.acceptHunk"),
    make(`$(x) ${t("Reject")}`, "segue.rejectHunk"),
    make(t("Discuss"), "segue.discussHunk"),
    ...(had ? [make(t("Before"), "segue.showWas")] : []),
  ];
}

function proposalLenses(document: TextDocument, sessionId: string, proposal: ProposalView): readonly CodeLens[] {
  const make = lensesAt(document, proposal.startLine, { sessionId, markId: proposal.id });
  return [
    make(`$(warning) ${inert(proposal.message)}`, "segue.showWas"),
    make(t("Take Theirs"), "segue.takeTheirs"),
    make(t("Keep Mine"), "segue.keepMine"),
    ...(hasLines(proposal) ? [make(t("Merge…"), "segue.mergeProposal")] : []),
  ];
}

function lensesAt(document: TextDocument, line: number, mark: MarkId): (title: string, command: string) => CodeLens {
  const at = Math.max(0, Math.min(line, document.lineCount - 1));
  return (title, command) => new CodeLens(new Range(at, 0, at, 0), { title, command, arguments: [mark] });
}
