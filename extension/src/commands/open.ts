/** Looking at sessions: open, review, the next that waits, any. */

import { commands, env, window } from "vscode";
import { openReview } from "../review/changes.ts";
import { isAsking } from "../sessions/forms.ts";
import { nextWaiting } from "../sessions/buckets.ts";
import { t } from "../shared/l10n.ts";
import { iconless } from "../shared/text.ts";
import { answerRequest } from "./answer.ts";
import type { Context } from "./context.ts";
import { pickSession, sessionFor } from "./pick.ts";

export async function openSession(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "open", argument);
  await context.tree.mark(session);
  await context.panes.open(session.id);
}

export async function openInEditor(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "open", argument);
  context.panes.openInEditor(session.id);
}

export async function reviewChanges(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "review", argument);
  await openReview(context.server, session);
}

/** Reveals the next session that needs the user and asks its question; its transcript where it asks nothing. */
export async function nextSession(context: Context): Promise<void> {
  await context.sessions.loaded();
  const session = nextWaiting(context.sessions.all, context.tree.selected);
  if (session === undefined) {
    void window.setStatusBarMessage(t("No session needs you."), 5_000);
    return;
  }
  await commands.executeCommand("segue.sessions.focus");
  await context.tree.reveal(session);
  await (isAsking(session) ? answerRequest(context, session.id) : openSession(context, session.id));
}

export async function showSessions(context: Context): Promise<void> {
  await context.sessions.loaded();
  const session = await pickSession(context, context.sessions.all, t("Open a session"));
  await (isAsking(session) ? answerRequest(context, session.id) : openSession(context, session.id));
}

export async function copyWorktreePath(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "copy", argument);
  await env.clipboard.writeText(session.worktree);
  void window.setStatusBarMessage(t("Copied {0}", iconless(session.worktree)), 5_000);
}
