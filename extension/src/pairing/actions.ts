/** *Pair Here* where something calls for it: at a problem, at a TODO, on a selection. */

import {
  CodeAction,
  CodeActionKind,
  languages,
  Range,
  type CodeActionContext,
  type CodeActionProvider,
  type TextDocument,
} from "vscode";
import { Disposable } from "../shared/disposable.ts";
import { t } from "../shared/l10n.ts";

const TODO = /\b(?:TODO|FIXME|XXX)\b/;

export class PairActions extends Disposable implements CodeActionProvider {
  constructor() {
    super();
    const providedCodeActionKinds = [CodeActionKind.QuickFix, CodeActionKind.RefactorRewrite];
    this.register(languages.registerCodeActionsProvider({ scheme: "file" }, this, { providedCodeActionKinds }));
  }

  provideCodeActions(document: TextDocument, range: Range, { diagnostics }: CodeActionContext): CodeAction[] {
    const [problem] = diagnostics;
    const line = document.lineAt(range.start.line);
    if (problem !== undefined) {
      return [pairAt(t("Pair Here: fix this"), problem.range, CodeActionKind.QuickFix)];
    }
    if (TODO.test(line.text)) {
      return [pairAt(t("Pair Here: do this"), line.range, CodeActionKind.QuickFix)];
    }
    return range.isEmpty ? [] : [pairAt(t("Pair Here"), range, CodeActionKind.RefactorRewrite)];
  }
}

function pairAt(title: string, range: Range, kind: CodeActionKind): CodeAction {
  const action = new CodeAction(title, kind);
  action.command = { title, command: "segue.pair", arguments: [new Range(range.start, range.end)] };
  return action;
}
