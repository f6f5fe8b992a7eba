/**
 * Link rule 10: a buffer that differed from its file only by the agent's changes becomes clean when they are gone. A
 * revert that changes nothing does it, while nobody types; nothing is ever saved here.
 */

import { readFile } from "node:fs/promises";
import { commands, workspace, type TextDocument } from "vscode";
import { Disposable } from "../shared/disposable.ts";
import type { Reporter } from "../shared/report.ts";
import type { Pairing } from "./pairing.ts";

/** How long nothing has changed before a document is looked at. */
const QUIET_MS = 1_000;

export class Cleaning extends Disposable {
  private readonly pairing: Pairing;
  private readonly reporter: Reporter;
  /** Documents that the agent has changed, with the timer of the next look. */
  private readonly touched = new Map<string, ReturnType<typeof setTimeout> | undefined>();

  constructor(pairing: Pairing, reporter: Reporter) {
    super();
    this.pairing = pairing;
    this.reporter = reporter;
    this.register(pairing.onChange(() => workspace.textDocuments.forEach((document) => this.take(document))));
    this.register(workspace.onDidChangeTextDocument(({ document }) => this.take(document)));
    this.register(workspace.onDidCloseTextDocument((document) => this.forget(document.uri.toString())));
    this.register({ dispose: () => [...this.touched.keys()].forEach((key) => this.forget(key)) });
  }

  private take(document: TextDocument): void {
    const key = document.uri.toString();
    const hasHunks = this.hasHunks(document);
    if (!hasHunks && !this.touched.has(key)) {
      return;
    }
    clearTimeout(this.touched.get(key));
    const isDue = document.isDirty && !hasHunks;
    const look = () => this.reporter.report(this.clean(document), "looking whether a document is as its file is");
    this.touched.set(key, isDue ? setTimeout(look, QUIET_MS) : undefined);
  }

  private forget(key: string): void {
    clearTimeout(this.touched.get(key));
    this.touched.delete(key);
  }

  private hasHunks({ uri }: TextDocument): boolean {
    return (this.pairing.fileAt(uri)?.file.hunks.length ?? 0) > 0;
  }

  private async clean(document: TextDocument): Promise<void> {
    const { version } = document;
    const text = new TextDecoder().decode(await readFile(document.uri.fsPath));
    if (document.isDirty && document.version === version && document.getText() === text && !this.hasHunks(document)) {
      await commands.executeCommand("workbench.action.files.revert", document.uri);
    }
  }
}
