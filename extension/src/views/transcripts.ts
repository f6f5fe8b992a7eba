/** Transcripts as read-only documents that grow while they are open. Knows documents; the text is made elsewhere. */

import { EventEmitter, Uri, window, workspace, type TextDocumentContentProvider } from "vscode";
import type { Sessions } from "../sessions/sessions.ts";
import { Disposable, type Ending } from "../shared/disposable.ts";
import { baseName, inert } from "../shared/text.ts";
import { transcriptText } from "./transcriptText.ts";

const SCHEME = "segue-transcript";
/** What package.json gives a language of its own, which has no grammar and wraps its lines. */
const ENDING = " — transcript";
/** A document is replaced as a whole, so not at the server's pace. */
const PACE_MS = 250;

export class Transcripts extends Disposable implements TextDocumentContentProvider {
  private readonly changed = this.register(new EventEmitter<Uri>());
  private readonly sessions: Sessions;
  private readonly followed = new Map<string, Ending>();
  private readonly due = new Map<string, NodeJS.Timeout>();

  readonly onDidChange = this.changed.event;

  constructor(sessions: Sessions) {
    super();
    this.sessions = sessions;
    this.register(workspace.registerTextDocumentContentProvider(SCHEME, this));
    this.register(workspace.onDidCloseTextDocument(({ uri }) => this.release(uri)));
    this.register({ dispose: () => this.followed.forEach((ending) => ending.dispose()) });
    this.register({ dispose: () => this.due.forEach((timer) => clearTimeout(timer)) });
  }

  provideTextDocumentContent(uri: Uri): string {
    const key = uri.toString();
    const id = sessionOf(uri);
    if (!this.followed.has(key)) {
      this.followed.set(
        key,
        this.sessions.follow(id, () => this.schedule(uri)),
      );
    }
    return transcriptText(this.sessions.get(id), this.sessions.transcript(id));
  }

  async open(id: string): Promise<void> {
    const title = inert(this.sessions.get(id)?.title ?? id).replace(/[/\\?%*:|"<>]/g, " ");
    const uri = Uri.from({ scheme: SCHEME, path: `/${id}/${title.slice(0, 60).trim()}${ENDING}` });
    await window.showTextDocument(uri, { preview: true });
  }

  private schedule(uri: Uri): void {
    const key = uri.toString();
    if (!this.due.has(key)) {
      const timer = setTimeout(() => {
        this.due.delete(key);
        this.changed.fire(uri);
      }, PACE_MS);
      this.due.set(key, timer);
    }
  }

  private release(uri: Uri): void {
    const key = uri.toString();
    this.followed.get(key)?.dispose();
    this.followed.delete(key);
  }
}

function sessionOf(uri: Uri): string {
  return baseName(uri.path.slice(0, uri.path.lastIndexOf("/")));
}
