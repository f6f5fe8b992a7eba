/**
 * Link rule 10: a buffer that differs from its file only by the agent's undecided changes says so, in its tab and in the
 * status bar. When they are gone it becomes clean by a revert that changes nothing, while nobody types. Nothing is ever
 * saved here.
 */

import { readFile } from "node:fs/promises";
import type { Uri } from "vscode";
import {
  commands,
  EventEmitter,
  FileDecoration,
  MarkdownString,
  StatusBarAlignment,
  TabInputText,
  window,
  workspace,
  type FileDecorationProvider,
  type TextDocument,
} from "vscode";
import { Disposable } from "../shared/disposable.ts";
import { t } from "../shared/l10n.ts";
import type { Reporter } from "../shared/report.ts";
import { withLineEnds, withoutChanges } from "./hunks.ts";
import type { Pairing } from "./pairing.ts";

/** Between a change of a document and the look at its file. */
const LOOK_MS = 500;
/** How long nothing has changed before a document is reverted. */
const QUIET_MS = 1_000;

/** A document that the agent has changed. */
interface Watched {
  timer: ReturnType<typeof setTimeout> | undefined;
  changedAt: number;
  /** Without the agent's undecided changes it reads as its file does. */
  isOnlyAgents: boolean;
}

export class Unsaved extends Disposable implements FileDecorationProvider {
  private readonly pairing: Pairing;
  private readonly reporter: Reporter;
  private readonly watched = new Map<string, Watched>();
  private readonly changed = this.register(new EventEmitter<Uri>());
  private readonly item = this.register(window.createStatusBarItem("segue.unsaved", StatusBarAlignment.Left, 48));

  readonly onDidChangeFileDecorations = this.changed.event;

  constructor(pairing: Pairing, reporter: Reporter) {
    super();
    this.pairing = pairing;
    this.reporter = reporter;
    this.item.name = t("Segue: unsaved changes");
    this.item.text = `$(circle-small-filled) ${t("Only the agent's changes are unsaved")}`;
    this.item.tooltip = new MarkdownString(
      t(
        "Without the changes that you have not decided on, this file reads as it is saved. Saving keeps them undecided.",
      ),
    );
    this.item.command = "segue.nextHunk";
    this.register(pairing.onChange(() => workspace.textDocuments.forEach((document) => this.take(document))));
    this.register(
      workspace.onDidChangeTextDocument(({ document, contentChanges }) =>
        this.take(document, contentChanges.length > 0 ? Date.now() : undefined),
      ),
    );
    this.register(workspace.onDidSaveTextDocument((document) => this.take(document)));
    this.register(workspace.onDidCloseTextDocument(({ uri }) => this.forget(uri)));
    this.register(window.tabGroups.onDidChangeTabs(() => this.render()));
    this.register(window.tabGroups.onDidChangeTabGroups(() => this.render()));
    this.register({ dispose: () => this.watched.forEach(({ timer }) => clearTimeout(timer)) });
    this.register(window.registerFileDecorationProvider(this));
  }

  provideFileDecoration(uri: Uri): FileDecoration | undefined {
    return this.watched.get(uri.toString())?.isOnlyAgents === true
      ? new FileDecoration("✦", t("unsaved only because of the agent's changes"))
      : undefined;
  }

  private take(document: TextDocument, changedAt?: number): void {
    const known = this.watched.get(document.uri.toString());
    if (known === undefined && !this.hasHunks(document)) {
      return;
    }
    const watched = known ?? { timer: undefined, changedAt: 0, isOnlyAgents: false };
    watched.changedAt = changedAt ?? watched.changedAt;
    this.watched.set(document.uri.toString(), watched);
    watched.timer ??= setTimeout(() => {
      watched.timer = undefined;
      this.reporter.report(this.look(document, watched), "looking whether a document is as its file is");
    }, LOOK_MS);
  }

  private forget(uri: Uri): void {
    clearTimeout(this.watched.get(uri.toString())?.timer);
    this.watched.delete(uri.toString());
    this.changed.fire(uri);
    this.render();
  }

  private hasHunks({ uri }: TextDocument): boolean {
    return (this.pairing.fileAt(uri)?.file.hunks.length ?? 0) > 0;
  }

  private async look(document: TextDocument, watched: Watched): Promise<void> {
    const { version } = document;
    const saved = document.isDirty && !document.isClosed ? await savedText(document) : undefined;
    if (document.version !== version) {
      this.take(document);
      return;
    }
    const hunks = this.pairing.fileAt(document.uri)?.file.hunks ?? [];
    const isAsSaved = (text: string) => saved !== undefined && withLineEnds(saved) === text;
    this.tell(document, watched, hunks.length > 0 && isAsSaved(withoutChanges(document.getText(), hunks)));
    if (hunks.length === 0 && document.getText() === saved) {
      await this.clean(document, watched);
    }
  }

  private tell({ uri }: TextDocument, watched: Watched, isOnlyAgents: boolean): void {
    if (watched.isOnlyAgents !== isOnlyAgents) {
      watched.isOnlyAgents = isOnlyAgents;
      this.changed.fire(uri);
    }
    this.render();
  }

  private async clean(document: TextDocument, watched: Watched): Promise<void> {
    if (Date.now() - watched.changedAt < QUIET_MS) {
      this.take(document);
    } else {
      await commands.executeCommand("workbench.action.files.revert", document.uri);
    }
  }

  private render(): void {
    const input = window.tabGroups.activeTabGroup.activeTab?.input;
    const shown = input instanceof TabInputText ? this.watched.get(input.uri.toString()) : undefined;
    if (shown?.isOnlyAgents === true) {
      this.item.show();
    } else {
      this.item.hide();
    }
  }
}

/** The file's text as a buffer has it, without its byte order mark; undefined where the file is gone. */
async function savedText({ uri, encoding }: TextDocument): Promise<string | undefined> {
  const bytes = await readFile(uri.fsPath).catch(() => undefined);
  return bytes === undefined ? undefined : await workspace.decode(bytes, { encoding });
}
