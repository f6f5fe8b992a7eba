/** Going on with a session, stopping it, putting it away and bringing it back. */

import { window } from "vscode";
import { archive, prompt, restore, resume, stop, type SessionView } from "../protocol/generated.ts";
import { Cancelled } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { inert } from "../shared/text.ts";
import type { Context } from "./context.ts";
import { sessionFor, sessionsFor } from "./pick.ts";

export async function sendPrompt(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "prompt", argument);
  const isBusy = session.state === "running" || session.state === "requires_action";
  const question = {
    title: t("Follow-up for “{0}”", inert(session.title)),
    hint: isBusy ? t("It is sent when the running turn ends.") : t("The session goes on from where it stands."),
    notes: [],
    languageId: session.agent === "command" ? "shellscript" : "markdown",
  };
  await context.promptEditor.askAndSend(question, (text) =>
    context.server.request(prompt, { sessionId: session.id, text }),
  );
}

/** After an agent died in mid-turn; the server says what the agent is told. */
export async function resumeTurn(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "resume", argument);
  await context.server.request(resume, { sessionId: session.id });
}

/** Interrupt and say: the running turn is cancelled, and what is queued stays behind this. */
export async function sayNow(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "say", argument);
  const question = {
    title: t("Interrupt “{0}” and say", inert(session.title)),
    hint: t("The running turn is cancelled; what is queued stays behind this."),
    notes: [],
    languageId: session.agent === "command" ? "shellscript" : "markdown",
  };
  await context.promptEditor.askAndSend(question, (text) =>
    context.server.request(prompt, { sessionId: session.id, text, isNow: true }),
  );
}

export async function stopTurn(context: Context, argument: unknown): Promise<void> {
  const sessions = await sessionsFor(context, "stop", argument);
  await Promise.all(sessions.map(({ id }) => context.server.request(stop, { sessionId: id })));
}

export async function discard(context: Context, argument: unknown): Promise<void> {
  const sessions = await sessionsFor(context, "discard", argument);
  const named = nameOf(sessions);
  const yes = t("Discard");
  const detail = t(
    "Everything it made, untracked files too, is kept in a snapshot, and Restore brings it back. Its worktree is removed and its agent ended.",
  );
  if ((await window.showWarningMessage(t("Discard {0}?", named), { modal: true, detail }, yes)) !== yes) {
    throw new Cancelled();
  }
  await during(t("Discarding {0}", named), async () => {
    for (const { id } of sessions) {
      const { session } = await context.server.request(archive, { sessionId: id });
      if (session.folderKept !== undefined) {
        context.reporter.report(
          Promise.resolve(window.showWarningMessage(inert(session.folderKept))),
          t("archiving a session"),
        );
      }
    }
  });
  const undo = t("Restore");
  const text = sessions.length === 1 ? t("{0} was discarded.", named) : t("{0} were discarded.", named);
  const restored = Promise.resolve(window.showInformationMessage(text, undo)).then(async (chosen) => {
    for (const { id } of chosen === undo ? sessions : []) {
      await restoreSession(context, id);
    }
  });
  context.reporter.report(restored, t("restoring a session"));
}

function nameOf(sessions: readonly SessionView[]): string {
  const [first] = sessions;
  return first !== undefined && sessions.length === 1
    ? t("“{0}”", inert(first.title))
    : t("{0} sessions", sessions.length);
}

export async function restoreSession(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "restore", argument);
  await during(t("Restoring “{0}”", inert(session.title)), () =>
    context.server.request(restore, { sessionId: session.id }),
  );
}

function during<T>(title: string, task: () => Promise<T>): Thenable<T> {
  return window.withProgress({ location: { viewId: "segue.sessions" }, title }, task);
}
