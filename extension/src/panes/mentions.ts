/** What a person puts into a prompt with `@`. Knows the window's pickers; the agent gets nothing but the text. */

import { isAbsolute, relative } from "node:path";
import {
  commands,
  DiagnosticSeverity,
  languages,
  RelativePattern,
  Uri,
  window,
  workspace,
  type SymbolInformation,
} from "vscode";
import type { Mention } from "../protocol/webview.ts";
import { Cancelled, Failed } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { iconless } from "../shared/text.ts";

/** Files and symbols that a pick offers. */
const LIMIT = 5_000;

interface Offer {
  readonly label: string;
  readonly description: string;
  readonly text: string;
}

/** The text to put into a prompt about `repository`; paths are relative to it, as they are in the worktree. */
export async function mentionText(what: Mention, repository: string): Promise<string> {
  switch (what) {
    case "file":
      return pick(t("Pick a file to name in the prompt"), await files(repository));
    case "symbol":
      return pick(t("Pick a symbol to name in the prompt"), await symbols(repository));
    case "problem":
      return pick(t("Pick a problem to put into the prompt"), problems(repository));
    case "selection":
      return selection(repository);
  }
}

async function pick(placeHolder: string, offers: readonly Offer[]): Promise<string> {
  if (offers.length === 0) {
    throw new Failed({
      reason: "nothing_found",
      message: t("There is nothing of that kind to name here."),
      action: "",
    });
  }
  const chosen = await window.showQuickPick(offers, { placeHolder, matchOnDescription: true });
  if (chosen === undefined) {
    throw new Cancelled();
  }
  return chosen.text;
}

async function files(repository: string): Promise<readonly Offer[]> {
  const found = await workspace.findFiles(new RelativePattern(Uri.file(repository), "**/*"), undefined, LIMIT);
  return found
    .map((uri) => relative(repository, uri.fsPath))
    .sort()
    .map((path) => ({ label: iconless(path), description: "", text: `@${path} ` }));
}

async function symbols(repository: string): Promise<readonly Offer[]> {
  const query = await window.showInputBox({ prompt: t("Part of the symbol's name") });
  if (query === undefined) {
    throw new Cancelled();
  }
  const found = await commands.executeCommand<readonly SymbolInformation[]>(
    "vscode.executeWorkspaceSymbolProvider",
    query,
  );
  return found.slice(0, LIMIT).flatMap(({ name, location }) => {
    const path = pathIn(repository, location.uri);
    const place = `${path ?? ""}:${location.range.start.line + 1}`;
    return path === undefined ? [] : [{ label: iconless(name), description: place, text: `\`${name}\` (@${place}) ` }];
  });
}

function problems(repository: string): readonly Offer[] {
  return languages.getDiagnostics().flatMap(([uri, diagnostics]) => {
    const path = pathIn(repository, uri);
    const serious = diagnostics.filter(({ severity }) => severity <= DiagnosticSeverity.Warning);
    return (path === undefined ? [] : serious).map(({ message, range }) => {
      const place = `${path ?? ""}:${range.start.line + 1}`;
      return { label: iconless(message), description: place, text: `@${place}: ${message}\n` };
    });
  });
}

function selection(repository: string): string {
  const editor = window.activeTextEditor ?? window.visibleTextEditors[0];
  if (editor === undefined || editor.selection.isEmpty) {
    throw new Failed({
      reason: "nothing_selected",
      message: t("Nothing is selected in an editor."),
      action: t("Select some lines first."),
    });
  }
  const { document, selection: range } = editor;
  const text = document.getText(range);
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  const path = pathIn(repository, document.uri);
  const place = path === undefined ? "" : `@${path}:${range.start.line + 1}-${range.end.line + 1}\n`;
  return `${place}${fence}${document.languageId}\n${text}\n${fence}\n`;
}

/** The path that the worktree has too; undefined for what the agent does not see there. */
function pathIn(repository: string, { scheme, fsPath }: Uri): string | undefined {
  const path = relative(repository, fsPath);
  return scheme === "file" && path !== "" && !path.startsWith("..") && !isAbsolute(path) ? path : undefined;
}
