/** The switch: to the background, into the editor, or whichever is the other. Says first what will move; the server knows. */

import { commands, Uri, window } from "vscode";
import { announce } from "../pairing/bar.ts";
import {
  previewLink,
  sendComments,
  startLink,
  stopLink,
  type LinkPreview,
  type SessionView,
} from "../protocol/generated.ts";
import { Cancelled } from "../shared/failure.ts";
import { t, told } from "../shared/l10n.ts";
import { inert, shortened } from "../shared/text.ts";
import type { Context } from "./context.ts";
import { linkedFor } from "./pair.ts";
import { sessionFor, sessionIdOf } from "./pick.ts";

/** Characters of a title in the status bar, whose end would be cut off. */
const NAME_WIDTH = 40;

/** Bring a session of the background into the editor. */
export async function bringIntoEditor(context: Context, argument: unknown): Promise<void> {
  await change(context, await sessionFor(context, "link", argument));
}

/** Send a linked session to the background. */
export async function sendToBackground(context: Context, argument: unknown): Promise<void> {
  const named = sessionIdOf(argument) !== undefined;
  await change(context, named ? await sessionFor(context, "unlink", argument) : linkedFor(context, argument));
}

/** The one that is named goes where it is not, else the linked one to the background, else one that is picked comes. */
export async function switchSession(context: Context, argument: unknown): Promise<void> {
  const isHere = context.pairing.sessions.length > 0;
  const named = sessionIdOf(argument) !== undefined;
  await change(context, isHere && !named ? linkedFor(context, argument) : await sessionFor(context, "link", argument));
}

async function change(context: Context, session: SessionView): Promise<void> {
  const { id: sessionId } = session;
  const { preview } = await context.server.request(previewLink, { sessionId });
  await (preview.to === "editor" ? bring(context, session, preview) : send(context, session, preview));
}

async function bring({ server }: Context, session: SessionView, preview: LinkPreview): Promise<void> {
  const [sessionId, title] = [session.id, inert(session.title)];
  const here = preview.baseBranch === undefined ? t("Bring into Editor") : bringOnto(preview.checkedOut);
  const checkOut = t("Check Out {0} First", inert(preview.baseBranch ?? ""));
  const worktree = t("Open Its Worktree in a New Window");
  const others = preview.baseBranch === undefined ? [] : [...(preview.canCheckOut ? [checkOut] : []), worktree];
  const chosen = await ask(sentences(preview), t("Bring “{0}” into the editor?", title), [here, ...others]);
  if (chosen === worktree) {
    await commands.executeCommand("vscode.openFolder", Uri.file(session.worktree), { forceNewWindow: true });
    return;
  }
  await server.request(startLink, { sessionId, onto: chosen === checkOut ? "base" : "present" });
  announce(t("“{0}” is in your editor now.", shortened(title, NAME_WIDTH)));
}

async function send(context: Context, session: SessionView, preview: LinkPreview): Promise<void> {
  const title = inert(session.title);
  const keepHunks = await askWhatStays(context, preview, t("Send “{0}” to the background?", title));
  await context.server.request(stopLink, { sessionId: session.id, keepHunks });
  announce(inBackground(title));
}

/** What moves and what stays, line by line. */
function sentences(preview: LinkPreview): readonly string[] {
  return preview.sentences.map((sentence) => inert(told(sentence)));
}

/** What is announced once a session has left the editor. */
export function inBackground(title: string): string {
  return t("“{0}” continues in the background.", shortened(title, NAME_WIDTH));
}

function bringOnto(branch: string | undefined): string {
  return branch === undefined ? t("Bring onto This Commit") : t("Bring onto {0}", inert(branch));
}

async function askWhatStays({ server }: Context, preview: LinkPreview, question: string): Promise<boolean> {
  const [send, keep] = [t("Send to Background"), t("Keep the Agent's Changes in My Files")];
  const withComments = t("Send Comments, Then to Background");
  const choices = [send, ...(preview.comments > 0 ? [withComments] : []), ...(preview.hunks > 0 ? [keep] : [])];
  const chosen = await ask(sentences(preview), question, choices);
  if (chosen === withComments) {
    await server.request(sendComments, { sessionId: preview.sessionId });
  }
  return chosen === keep;
}

/**
 * Shows what would be allowed, all of it, and what sending the session to the background moves. What Enter takes shows
 * the request and allows nothing (D43).
 */
export async function askToAllow(
  { server }: Context,
  { id: sessionId, title }: SessionView,
  request: string,
): Promise<"show" | "send" | "keep"> {
  const { preview } = await server.request(previewLink, { sessionId });
  const [show, send] = [t("Show the Request"), t("Allow and Send to Background")];
  const keep = t("Allow, and Keep the Agent's Changes in My Files");
  const question = t("Allow this, and run the rest of “{0}” in the background?", inert(title));
  const lines = [...request.split("\n").map(inert), "", ...sentences(preview)];
  const chosen = await ask(lines, question, preview.hunks > 0 ? [show, send, keep] : [show, send]);
  return chosen === show ? "show" : chosen === keep ? "keep" : "send";
}

/** What was chosen; throws `Cancelled` where nothing was. */
async function ask(lines: readonly string[], question: string, choices: readonly string[]): Promise<string> {
  const detail = lines.join("\n");
  const chosen = await window.showInformationMessage(question, { modal: true, detail }, ...choices);
  if (chosen === undefined) {
    throw new Cancelled();
  }
  return chosen;
}
