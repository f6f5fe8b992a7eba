/**
 * What stood there, what the agent wants: texts of links as documents that only show. Knows the scheme; the texts are
 * those of the moment in which they were asked for, so that a document does not change under who reads it.
 */

import { Location, Position, Range, Uri, commands, window, workspace, type TextDocumentContentProvider } from "vscode";
import { Disposable } from "../shared/disposable.ts";
import type { ProposalView } from "../protocol/generated.ts";
import type { Mark } from "./hunks.ts";

const SCHEME = "segue-side";
/** Texts that are kept for editors which are still open. */
const KEPT = 50;

export class Sides extends Disposable implements TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private number = 0;

  constructor() {
    super();
    this.register(workspace.registerTextDocumentContentProvider(SCHEME, this));
  }

  provideTextDocumentContent({ query }: Uri): string {
    return this.texts.get(query) ?? "";
  }

  /** Open a peek at the change with what stood there before it, or what the agent wants there. */
  async peek({ kind, view }: Mark): Promise<void> {
    const text = kind === "hunk" ? view.oldText : view.theirs;
    const start = new Position(0, 0);
    const shown = new Location(this.uriOf(view.path, text), new Range(start, start));
    const file = Uri.parse(view.uri);
    await window.showTextDocument(file, { preserveFocus: true });
    await commands.executeCommand(
      "editor.action.peekLocations",
      file,
      new Position(view.startLine, 0),
      [shown],
      "peek",
    );
  }

  /** Compare a file as the user has it with what the agent wants it to be; either may be empty. */
  async compare({ path, mine, theirs }: ProposalView, title: string): Promise<void> {
    await commands.executeCommand("vscode.diff", this.uriOf(path, mine), this.uriOf(path, theirs), title);
  }

  private uriOf(path: string, text: string): Uri {
    const key = String(++this.number);
    this.texts.set(key, text);
    this.texts.delete(String(this.number - KEPT));
    return Uri.from({ scheme: SCHEME, path: `/${path}`, query: key });
  }
}
