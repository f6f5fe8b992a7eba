/**
 * Which documents the server hears of, and what LSP has no word for: texts that came from the disk. Knows the window's
 * folders; knows nothing of what the server does with a text.
 */

import {
  Range,
  workspace,
  type TextDocument,
  type TextDocumentChangeEvent,
  type WorkspaceFoldersChangeEvent,
} from "vscode";
import type { DidChangeConfigurationParams, Middleware } from "vscode-languageclient";
import type { ReloadedParams, SaveParams } from "../protocol/generated.ts";
import { Disposable } from "../shared/disposable.ts";
import { HeldChanges } from "./heldChanges.ts";

export interface SynchronizingOptions {
  readonly tellReloaded: (params: ReloadedParams) => Promise<void>;
  /** Tell of a document that was open before its folder was. */
  readonly open: (document: TextDocument) => Promise<void>;
  /** Tell of when the editor saves by itself. */
  readonly tellSettings: (params: DidChangeConfigurationParams) => Promise<void>;
  readonly report: (opening: Promise<unknown>) => void;
}

/** Files of the window's folders only; what the server was told of, it hears of until it closes. */
export class Synchronizing extends Disposable {
  private readonly told = new Set<string>();
  private readonly held = new HeldChanges(unchanged);
  private readonly options: SynchronizingOptions;
  readonly middleware: Middleware = {
    didOpen: async (document, next) => {
      if (workspace.getWorkspaceFolder(document.uri) !== undefined) {
        this.told.add(keyOf(document));
        await next(document);
      }
    },
    didChange: async (event, next) => {
      const send = async (each: TextDocumentChangeEvent) => {
        await Promise.all([this.markReload(each), next(each)]);
      };
      if (this.told.has(keyOf(event.document))) {
        await this.held.change(keyOf(event.document), event, send);
      }
    },
    didSave: async (document, next) => {
      if (this.told.has(keyOf(document))) {
        await this.held.flush(keyOf(document));
        await next(document);
      }
    },
    didClose: async (document, next) => {
      await this.held.flush(keyOf(document));
      if (this.told.delete(keyOf(document))) {
        await next(document);
      }
    },
  };

  constructor(options: SynchronizingOptions) {
    super();
    this.options = options;
    this.register(workspace.onDidChangeWorkspaceFolders((event) => this.takeFolders(event)));
  }

  /** From now on the server knows when the editor saves by itself. */
  async start(): Promise<void> {
    this.register(
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("files")) {
          this.options.report(this.tellSaving());
        }
      }),
    );
    await this.tellSaving();
  }

  /** Tell the server of no change of this document until the function that is returned is called; see `HeldChanges`. */
  hold(document: TextDocument): () => Promise<void> {
    return this.held.hold(keyOf(document), document);
  }

  private tellSaving(): Promise<void> {
    const files = workspace.getConfiguration("files");
    const told = { autoSave: files.get<string>("autoSave"), autoSaveDelay: files.get<number>("autoSaveDelay") };
    return this.options.tellSettings({ settings: { files: told } });
  }

  /** A document that is typed into becomes dirty only behind its first change, so the server looks at the file. */
  private async markReload({ document, reason }: TextDocumentChangeEvent): Promise<void> {
    if (reason === undefined && !document.isDirty) {
      await this.options.tellReloaded({ textDocument: { uri: keyOf(document) } });
    }
  }

  private takeFolders({ added }: WorkspaceFoldersChangeEvent): void {
    const found = workspace.textDocuments.filter((document) => {
      const folder = workspace.getWorkspaceFolder(document.uri);
      return document.uri.scheme === "file" && !this.told.has(keyOf(document)) && folder && added.includes(folder);
    });
    this.options.report(Promise.all(found.map(this.options.open)));
  }
}

/** A document that was saved until Segue took the agent's text out of it; what was typed since is not saved unasked. */
export async function saveAgain({ textDocument: { uri, version } }: SaveParams): Promise<void> {
  const document = workspace.textDocuments.find((each) => keyOf(each) === uri);
  if (document?.version === version && document.isDirty) {
    await document.save();
  }
}

/** Brings the number of a version, without which the server takes what it says of the document for old. */
function unchanged(event: TextDocumentChangeEvent): TextDocumentChangeEvent {
  const nothing = { range: new Range(0, 0, 0, 0), rangeOffset: 0, rangeLength: 0, text: "" };
  return { ...event, document: event.document, contentChanges: [nothing] };
}

function keyOf(document: TextDocument): string {
  return document.uri.toString();
}
