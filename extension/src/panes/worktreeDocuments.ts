/**
 * Files of an agent as documents that only show: its folder is never opened, so nothing of the editor runs on it.
 * Knows worktrees and items; refuses whatever leads out of a worktree (S3).
 */

import { open, realpath } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { commands, Position, Range, Uri, window, workspace, type TextDocumentContentProvider } from "vscode";
import type { ItemView, SessionView } from "../protocol/generated.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { Disposable } from "../shared/disposable.ts";
import { Failed } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { baseName, inert } from "../shared/text.ts";

const SCHEME = "segue-agent";
/** Bytes of a file that are shown. */
const SIZE_LIMIT = 5 * 1024 * 1024;

export class AgentDocuments extends Disposable implements TextDocumentContentProvider {
  private readonly sessions: Sessions;

  constructor(sessions: Sessions) {
    super();
    this.sessions = sessions;
    this.register(workspace.registerTextDocumentContentProvider(SCHEME, this));
  }

  async provideTextDocumentContent({ path, query }: Uri): Promise<string> {
    const [kind, id = "", item, index] = query.split("&").map(decodeURIComponent);
    const session = this.sessions.get(id);
    if (session === undefined) {
      throw gone();
    }
    if (kind === "file") {
      return readInside(session.worktree, path);
    }
    const found = this.sessions.transcript(id).find((each) => each.id === item);
    const content = found?.content?.[Number(index)];
    return (kind === "old" ? content?.oldText : content?.text) ?? "";
  }

  async openLocation(session: SessionView, item: ItemView, index: number): Promise<void> {
    const location = item.locations?.[index];
    if (location === undefined) {
      throw gone();
    }
    const inside = isAbsolute(location.path) ? relative(session.worktree, location.path) : location.path;
    await readInside(session.worktree, inside);
    const uri = Uri.from({ scheme: SCHEME, path: `/${inside}`, query: queryOf("file", session.id) });
    const place = new Position(Math.max(0, (location.line ?? 1) - 1), 0);
    await window.showTextDocument(uri, { preview: true, selection: new Range(place, place) });
  }

  async openDiff(session: SessionView, item: ItemView, index: number): Promise<void> {
    const path = item.content?.[index]?.path ?? "";
    const side = (kind: string) =>
      Uri.from({
        scheme: SCHEME,
        path: `/${path.replace(/^\/+/, "")}`,
        query: queryOf(kind, session.id, item.id, String(index)),
      });
    const title = t("{0} (tool call)", inert(baseName(path)));
    await commands.executeCommand("vscode.diff", side("old"), side("new"), title, { preview: true });
  }
}

function queryOf(...parts: readonly string[]): string {
  return parts.map(encodeURIComponent).join("&");
}

/** What stands at a path of a worktree, after every link was followed; throws where that is outside. */
async function readInside(worktree: string, path: string): Promise<string> {
  const root = await realpath(worktree).catch(() => undefined);
  const place = root === undefined ? undefined : await realpath(join(root, path)).catch(() => undefined);
  if (root === undefined || place === undefined) {
    throw gone();
  }
  if (!place.startsWith(root + sep)) {
    throw new Failed({
      reason: "outside_worktree",
      message: t("{0} leads out of the session's worktree, so it is not shown.", inert(path)),
      action: "",
    });
  }
  const file = await open(place, "r");
  try {
    const facts = await file.stat();
    if (!facts.isFile() || facts.size > SIZE_LIMIT) {
      throw new Failed({
        reason: "not_showable",
        message: t("{0} is no file that can be shown.", inert(path)),
        action: "",
      });
    }
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

function gone(): Failed {
  return new Failed({ reason: "file_gone", message: t("That file does not exist any more."), action: "" });
}
