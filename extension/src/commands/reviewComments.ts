/** Comments on what a session changed, in the review itself: collected where the session is in the editor, else told at once. */

import { Range, Uri, workspace, type CommentReply, type TextDocument, type TextEditor } from "vscode";
import type { Conversation, Discussion } from "../pairing/threads.ts";
import type { SelectionView, SessionView } from "../protocol/generated.ts";
import { reviewed } from "../review/virtualDocuments.ts";
import { Failed } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import type { Context } from "./context.ts";

/** Characters of the lines that go along; the agent has the file. */
const LONGEST = 20_000;

/** Open a thread at the selection of a review's editor, as the editor's own mark beside the line does. */
export async function discussReview(context: Context, { document, selection }: TextEditor): Promise<void> {
  const { place, session } = found(context, document.uri);
  if (isInEditor(context, session.id)) {
    context.threads.discuss(document.uri, collected(place, selection));
  } else {
    context.threads.converse(document.uri, selectionOf(document, selection, { path: place.path, session }), session);
  }
  return Promise.resolve();
}

/** The conversation that begins with the first reply at a line of a review; undefined elsewhere. */
export async function talkedInReview(context: Context, { thread }: CommentReply): Promise<Conversation | undefined> {
  if (reviewed(thread.uri) === undefined || context.threads.isDiscussion(thread)) {
    return undefined;
  }
  const { place, session } = found(context, thread.uri);
  const document = await workspace.openTextDocument(thread.uri);
  const range = thread.range ?? new Range(0, 0, 0, 0);
  return context.threads.adopt(thread, selectionOf(document, range, { path: place.path, session }), session);
}

/** What a comment at a line of a review is about; undefined elsewhere. */
export function collectedInReview(context: Context, { thread }: CommentReply): Discussion | undefined {
  if (reviewed(thread.uri) === undefined) {
    return undefined;
  }
  const { place, session } = found(context, thread.uri);
  if (!isInEditor(context, session.id)) {
    throw new Failed({
      reason: "not_paired",
      message: t("Comments are collected only for a session that is in the editor."),
      action: t("Send this one to the agent at once."),
    });
  }
  return collected(place, thread.range ?? new Range(0, 0, 0, 0));
}

interface Place {
  readonly sessionId: string;
  readonly path: string;
}

function found({ sessions }: Context, uri: Uri): { readonly place: Place; readonly session: SessionView } {
  const place = reviewed(uri);
  const session = sessions.get(place?.sessionId ?? "");
  if (place === undefined || session === undefined) {
    throw new Failed({ reason: "no_session", message: t("That session does not exist any more."), action: "" });
  }
  return { place, session };
}

function isInEditor({ pairing }: Context, sessionId: string): boolean {
  return pairing.sessions.some(({ id }) => id === sessionId);
}

function collected(place: Place, { start, end }: Range): Discussion {
  return { ...place, startLine: start.line, endLine: end.line + 1, hunkId: undefined };
}

function selectionOf(
  document: TextDocument,
  { start, end }: Range,
  { path, session }: { readonly path: string; readonly session: SessionView },
): SelectionView {
  return {
    uri: Uri.joinPath(Uri.file(session.repository), path).toString(),
    startLine: start.line,
    endLine: end.line + 1,
    text: document.getText(new Range(start.line, 0, end.line + 1, 0)).slice(0, LONGEST),
    diagnostics: [],
  };
}
