/** The sessions that are linked to this window's folders, and what is undecided in them. Knows the server's links. */

import { Uri, window, workspace, type TextEditor } from "vscode";
import type { Server } from "../client/server.ts";
import {
  decideHunks,
  resolveProposal,
  undoDecision,
  type DecideParams,
  type HeldView,
  type HunkView,
  type LinkFileView,
  type LinkView,
  type ProposalView,
  type SessionView,
} from "../protocol/generated.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { Disposable, type Ending } from "../shared/disposable.ts";
import { Signal } from "../shared/signal.ts";
import type { Folders } from "../views/folders.ts";
import { marksOf, type Mark, type Place } from "./hunks.ts";

/** How long a key waits for what the one before it changed. */
const PATIENCE_MS = 5_000;

export interface PairingParts {
  readonly server: Server;
  readonly sessions: Sessions;
  readonly folders: Folders;
}

export class Pairing extends Disposable {
  private readonly parts: PairingParts;
  private readonly changed = this.register(new Signal<undefined>());
  private readonly followed = new Map<string, Ending>();

  readonly onChange = this.changed.event;

  constructor(parts: PairingParts) {
    super();
    this.parts = parts;
    this.register(parts.sessions.onChange(() => this.look()));
    this.register(workspace.onDidChangeWorkspaceFolders(() => this.look()));
    this.register({ dispose: () => this.followed.forEach((ending) => ending.dispose()) });
    this.look();
  }

  /** Sessions that are linked to a checkout which is open here. */
  get sessions(): readonly SessionView[] {
    const { sessions, folders } = this.parts;
    return sessions.all.filter(({ linkedTo }) => linkedTo !== undefined && folders.holds(linkedTo));
  }

  get links(): readonly LinkView[] {
    return [...this.followed.keys()].flatMap((id) => this.parts.sessions.link(id) ?? []);
  }

  get marks(): readonly Mark[] {
    return marksOf(this.links);
  }

  /** What is undecided in a file; undefined where no link has anything on it. */
  fileAt(uri: Uri): { readonly sessionId: string; readonly file: LinkFileView } | undefined {
    for (const { sessionId, files } of this.links) {
      const file = files.find((each) => Uri.parse(each.uri).fsPath === uri.fsPath);
      if (file !== undefined) {
        return { sessionId, file };
      }
    }
    return undefined;
  }

  /** The linked session whose checkout holds a file. */
  sessionOf(uri: Uri): SessionView | undefined {
    const holds = (checkout: string) => uri.fsPath === checkout || uri.fsPath.startsWith(`${checkout}/`);
    return this.sessions.find(({ linkedTo }) => linkedTo !== undefined && holds(linkedTo)) ?? this.sessions[0];
  }

  /** Where the cursor is, in the words of the link; the path is empty in a file that has nothing to decide on. */
  placeOf(editor: TextEditor | undefined = window.activeTextEditor): Place {
    const found = editor === undefined ? undefined : this.fileAt(editor.document.uri);
    return { path: found?.file.path ?? "", line: editor?.selection.active.line ?? 0 };
  }

  /**
   * Returns the files that wait for a decision of their own, because they run something on this machine. Resolves once
   * the window knows what is left, so that the next key decides on that.
   */
  async decide(
    sessionId: string,
    hunks: readonly HunkView[],
    decision: DecideParams["decision"],
    reason?: string,
  ): Promise<readonly HeldView[]> {
    const decisions = hunks.map(({ id, revision }) => ({ hunkId: id, revision }));
    const params: DecideParams = { sessionId, decisions, decision };
    const asked = reason === undefined ? params : { ...params, reason };
    return await this.decided(asked, hunks);
  }

  /** *Accept All*: what runs on this machine is left out, also where it is the only file, and returned. */
  async acceptAll(sessionId: string, hunks: readonly HunkView[]): Promise<readonly HeldView[]> {
    const decisions = hunks.map(({ id, revision }) => ({ hunkId: id, revision }));
    return await this.decided({ sessionId, decisions, decision: "accept", isAll: true }, hunks);
  }

  private async decided(params: DecideParams, hunks: readonly HunkView[]): Promise<readonly HeldView[]> {
    const { held } = await this.parts.server.request(decideHunks, params);
    const left = new Set(held.map(({ path }) => path));
    await this.gone(hunks.filter(({ path }) => !left.has(path)));
    return held;
  }

  async resolve(sessionId: string, proposal: ProposalView, take: "theirs" | "mine"): Promise<void> {
    const { id, revision } = proposal;
    await this.parts.server.request(resolveProposal, { sessionId, proposalId: id, revision, take });
    await this.gone([proposal]);
  }

  /** Take the last decision back. */
  async undo(sessionId: string): Promise<void> {
    const before = this.parts.sessions.link(sessionId);
    await this.parts.server.request(undoDecision, { sessionId });
    await this.until(() => this.parts.sessions.link(sessionId) !== before);
  }

  private async gone(views: readonly (HunkView | ProposalView)[]): Promise<void> {
    const keys = new Set(views.map(keyOf));
    await this.until(() => !this.marks.some(({ view }) => keys.has(keyOf(view))));
  }

  /** The server tells a moment after it answers. A window that is told nothing does not stay without keys. */
  private async until(isSo: () => boolean): Promise<void> {
    const late = AbortSignal.timeout(PATIENCE_MS);
    while (!isSo() && !late.aborted) {
      await new Promise<void>((resolve) => {
        const listening = this.onChange(done);
        late.addEventListener("abort", done);
        function done(): void {
          listening.dispose();
          late.removeEventListener("abort", done);
          resolve();
        }
      });
    }
  }

  private look(): void {
    const wanted = new Set(this.sessions.map(({ id }) => id));
    for (const [id, ending] of this.followed) {
      if (!wanted.has(id)) {
        ending.dispose();
        this.followed.delete(id);
      }
    }
    for (const id of wanted) {
      if (!this.followed.has(id)) {
        this.followed.set(
          id,
          this.parts.sessions.followLink(id, () => this.changed.fire(undefined)),
        );
      }
    }
    this.changed.fire(undefined);
  }
}

function keyOf({ id, revision }: HunkView | ProposalView): string {
  return `${id} ${revision}`;
}
