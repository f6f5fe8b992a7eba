/** Merging: the plan first, then exactly that. Knows the order of questions; every rule is the server's. */

import { ThemeIcon, window, type QuickPickItem } from "vscode";
import { merge, planMerge, undoMerge, type MergePlanView, type SessionView } from "../protocol/generated.ts";
import { Cancelled, Failed } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { branchName, files, inert, lines } from "../shared/text.ts";
import type { Context } from "./context.ts";
import { sessionFor, sessionsFor } from "./pick.ts";

type Strategy = MergePlanView["strategy"];

/** One after the other, each with its own plan: the second is planned on what the first made. */
export async function mergeSessions(context: Context, argument: unknown): Promise<void> {
  for (const session of await sessionsFor(context, "merge", argument)) {
    await mergeSession(context, session);
  }
}

async function mergeSession(context: Context, session: SessionView): Promise<void> {
  const strategy = await pickStrategy(session);
  const plan = await planned(context, session, strategy);
  const message = await confirmed(session, plan);
  const { baseRef, baseCommit, result } = plan;
  const params = { sessionId: session.id, strategy, baseRef, baseCommit, result, message };
  const done = await withProgress(t("Merging into {0}", branchName(baseRef)), () =>
    context.server.request(merge, params),
  );
  const text = t("Merged “{0}” into {1}.", inert(session.title), branchName(done.merge.baseRef));
  context.reporter.report(offerUndo(context, session, text), t("undoing a merge"));
}

export async function undoLastMerge(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "undo", argument);
  await withProgress(t("Undoing the merge"), () => context.server.request(undoMerge, { sessionId: session.id }));
  void window.showInformationMessage(t("The merge of “{0}” was undone; the work is kept.", inert(session.title)));
}

async function offerUndo(context: Context, session: SessionView, text: string): Promise<void> {
  const undo = t("Undo Merge");
  if ((await window.showInformationMessage(text, undo)) === undo) {
    await undoLastMerge(context, session.id);
  }
}

async function pickStrategy(session: SessionView): Promise<Strategy> {
  const items: (QuickPickItem & { readonly strategy: Strategy })[] = [
    {
      label: t("Merge commit"),
      detail: t("Keeps the session's work as a branch of its own in the history"),
      iconPath: new ThemeIcon("git-merge"),
      strategy: "merge",
    },
    {
      label: t("Squash"),
      detail: t("One commit on top of the base"),
      iconPath: new ThemeIcon("git-commit"),
      strategy: "squash",
    },
  ];
  const title = t("Merge “{0}” into {1}", inert(session.title), branchName(session.baseRef));
  const chosen = await window.showQuickPick(items, { title, placeHolder: t("How? The next step shows the plan") });
  if (chosen === undefined) {
    throw new Cancelled();
  }
  return chosen.strategy;
}

async function planned(context: Context, session: SessionView, strategy: Strategy): Promise<MergePlanView> {
  const { plan } = await withProgress(t("Planning the merge"), () =>
    context.server.request(planMerge, { sessionId: session.id, strategy }),
  );
  const [obstacle] = plan.obstacles;
  if (obstacle !== undefined) {
    throw new Failed({ reason: obstacle.reason, message: obstacle.message, action: obstacle.action });
  }
  if (plan.conflicts.length > 0) {
    const paths = plan.conflicts.map(({ path }) => inert(path)).join(", ");
    throw new Failed({
      reason: "conflicts",
      message: t("{0} changed there too: {1}.", branchName(plan.baseRef), paths),
      action: t("Nothing was changed. Send a follow-up prompt that asks the agent to bring its branch up to date."),
    });
  }
  return plan;
}

/** Shows the plan and asks for the first line of the message; what stands below that line stays. */
async function confirmed(session: SessionView, plan: MergePlanView): Promise<string> {
  const [subject = "", ...body] = plan.message.split("\n");
  const answer = await window.showInputBox({
    title: t("Merge “{0}” into {1}", inert(session.title), branchName(plan.baseRef)),
    prompt: planText(plan),
    value: subject,
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === "" ? t("A commit needs a message.") : undefined),
  });
  if (answer === undefined) {
    throw new Cancelled();
  }
  return [answer.trim(), ...body].join("\n");
}

function planText(plan: MergePlanView): string {
  const { stat, behind, strategy, notes } = plan;
  const changed = [files(stat.files), lines(stat.added, stat.removed)].filter(Boolean).join(" ");
  const base = branchName(plan.baseRef);
  const sentences = [
    strategy === "merge"
      ? t("A merge commit brings {0} to {1}.", changed, base)
      : t("One commit brings {0} to {1}.", changed, base),
    behind > 0 ? t("{0} gained {1} commits meanwhile; there is no conflict.", base, behind) : "",
    ...notes.map(({ message }) => inert(message)),
  ];
  return sentences.filter(Boolean).join(" ");
}

function withProgress<T>(title: string, task: () => Promise<T>): Thenable<T> {
  return window.withProgress({ location: { viewId: "segue.sessions" }, title }, task);
}
