/** Going on with a session, stopping it, putting it away and bringing it back. */

import { window } from "vscode";
import { archive, prompt, restore, stop } from "../protocol/generated.ts";
import { Cancelled } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { inert } from "../shared/text.ts";
import type { Context } from "./context.ts";
import { sessionFor } from "./pick.ts";

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

export async function stopTurn(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "stop", argument);
  await context.server.request(stop, { sessionId: session.id });
}

export async function discard(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "discard", argument);
  const yes = t("Discard");
  const detail = t(
    "Everything it made, untracked files too, is kept in a snapshot, and Restore brings it back. Its worktree is removed and its agent ended.",
  );
  const question = t("Discard “{0}”?", inert(session.title));
  if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) {
    throw new Cancelled();
  }
  await during(t("Discarding “{0}”", inert(session.title)), () =>
    context.server.request(archive, { sessionId: session.id }),
  );
  const undo = t("Restore");
  const offer = window.showInformationMessage(t("“{0}” was discarded.", inert(session.title)), undo);
  const restored = Promise.resolve(offer).then((chosen) =>
    chosen === undo ? restoreSession(context, session.id) : undefined,
  );
  context.reporter.report(restored, t("restoring a session"));
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
