/** Merging: the plan first, then exactly that. Knows the order of questions; every rule is the server's. */

import { ThemeIcon, window, type QuickPickItem } from "vscode";
import {
  merge,
  planMerge,
  undoMerge,
  type MergePlanParams,
  type MergePlanView,
  type MergeView,
  type NeedView,
  type SessionView,
} from "../protocol/generated.ts";
import { Cancelled, Failed } from "../shared/failure.ts";
import { t, told } from "../shared/l10n.ts";
import { branchName, iconless, inert } from "../shared/text.ts";
import type { Context } from "./context.ts";
import { sessionFor, sessionsFor } from "./pick.ts";

type Strategy = MergePlanView["strategy"];
type Unfinished = MergePlanView["choices"][number];

/** One after the other, each with its own plan: the second is planned on what the first made. */
export async function mergeSessions(context: Context, argument: unknown): Promise<void> {
  for (const session of await sessionsFor(context, "merge", argument)) {
    await mergeSession(context, session);
  }
}

async function mergeSession(context: Context, session: SessionView): Promise<void> {
  const strategy = await pickStrategy(session);
  const { plan, ...choices } = await planned(context, session, strategy);
  const firstMessage = await confirmedFirst(plan);
  const message = await confirmed(session, plan);
  const { baseRef, baseCommit, result } = plan;
  const shown = { sessionId: session.id, strategy, baseRef, baseCommit, result };
  const first = firstMessage === undefined ? {} : { firstMessage };
  const params = { ...shown, ...choices, message, ...first };
  const done = await withProgress(t("Merging into {0}", branchName(baseRef)), () =>
    context.server.request(merge, params),
  );
  const text = mergedText(session, done.merge);
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

function mergedText(session: SessionView, { baseRef, leftOut }: MergeView): string {
  const [title, base] = [inert(session.title), branchName(baseRef)];
  if (leftOut === 0) {
    return t("Merged “{0}” into {1}.", title, base);
  }
  return leftOut === 1
    ? t("Merged “{0}” into {1}; 1 change stays with the session for later.", title, base)
    : t("Merged “{0}” into {1}; {2} changes stay with the session for later.", title, base, leftOut);
}

interface Planned {
  readonly plan: MergePlanView;
  readonly unfinished: Unfinished;
  readonly confirmed: string[];
}

async function planned(context: Context, session: SessionView, strategy: Strategy): Promise<Planned> {
  const asked = { sessionId: session.id, strategy };
  let plan = await requested(context, asked);
  let unfinished: Unfinished = "ask";
  if (plan.obstacles[0]?.reason === "needs_unfinished") {
    unfinished = await pickUnfinished(plan);
    plan = await requested(context, { ...asked, unfinished });
  }
  const confirmed = await confirmedObstacles(plan);
  if (confirmed.length > 0) {
    plan = await requested(context, { ...asked, unfinished, confirmed });
  }
  return { plan: checked(plan), unfinished, confirmed };
}

/** Asks about what the agent left half done, where nothing else rules the merge out. */
async function confirmedObstacles({ obstacles }: MergePlanView): Promise<string[]> {
  if (obstacles.some(({ canConfirm }) => !canConfirm)) {
    return [];
  }
  for (const { message, action } of obstacles) {
    const anyway = t("Merge Anyway");
    const detail = inert(action);
    if ((await window.showWarningMessage(inert(message), { modal: true, detail }, anyway)) !== anyway) {
      throw new Cancelled();
    }
  }
  return obstacles.map(({ reason }) => reason);
}

async function requested(context: Context, params: MergePlanParams): Promise<MergePlanView> {
  const { plan } = await withProgress(t("Planning the merge"), () => context.server.request(planMerge, params));
  return plan;
}

/** What to do with work that stands on lines that the user has not committed. */
async function pickUnfinished({ needs, choices }: MergePlanView): Promise<Unfinished> {
  const places = needs.map(placeText).join("; ");
  const items: (QuickPickItem & { readonly choice: Unfinished })[] = [
    {
      label: t("Leave that work for later"),
      detail: t("It stays with the session; everything else is merged"),
      iconPath: new ThemeIcon("clock"),
      choice: "leave",
    },
    {
      label: t("Commit those lines first"),
      detail: t("A commit of exactly these, in your name; your other changes stay uncommitted"),
      iconPath: new ThemeIcon("git-commit"),
      choice: "commit",
    },
  ];
  const chosen = await window.showQuickPick(
    items.filter(({ choice }) => choices.includes(choice)),
    { title: t("The agent's work needs lines that you have not committed"), placeHolder: places, ignoreFocusOut: true },
  );
  if (chosen === undefined) {
    throw new Cancelled();
  }
  return chosen.choice;
}

function placeText({ place }: NeedView): string {
  return iconless(told(place));
}

function checked(plan: MergePlanView): MergePlanView {
  const obstacle = plan.obstacles.find(({ canConfirm }) => !canConfirm) ?? plan.obstacles[0];
  if (obstacle !== undefined) {
    throw new Failed({ reason: obstacle.reason, message: obstacle.message, action: obstacle.action });
  }
  return plan;
}

/** Asks for the message of the commit in the user's name, where the plan has one. */
async function confirmedFirst({ firstMessage, needs }: MergePlanView): Promise<string | undefined> {
  if (firstMessage === undefined) {
    return undefined;
  }
  const answer = await window.showInputBox({
    title: t("First, a commit in your name"),
    prompt: t("It has {0} and nothing else.", needs.map(placeText).join("; ")),
    value: firstMessage,
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === "" ? t("A commit needs a message.") : undefined),
  });
  if (answer === undefined) {
    throw new Cancelled();
  }
  return answer.trim();
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
  return plan.sentences.map((sentence) => iconless(told(sentence))).join(" ");
}

function withProgress<T>(title: string, task: () => Promise<T>): Thenable<T> {
  return window.withProgress({ location: { viewId: "segue.sessions" }, title }, task);
}
