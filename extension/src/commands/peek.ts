/** Peeking: what a session does or asks, answered by number or with a text, without leaving where one is. */

import { QuickPickItemKind, ThemeIcon, window, type QuickPick, type QuickPickItem } from "vscode";
import { answer, answerQuestion, prompt, type PermissionView, type SessionView } from "../protocol/generated.ts";
import { nextWaiting } from "../sessions/buckets.ts";
import { meanings, type Meaning } from "../sessions/peek.ts";
import { isRefusal } from "../sessions/permissions.ts";
import { Cancelled } from "../shared/failure.ts";
import { t, told } from "../shared/l10n.ts";
import { cut, iconless, inert, lines } from "../shared/text.ts";
import { iconOf } from "../views/rows.ts";
import { factsOf } from "./answer.ts";
import type { Context } from "./context.ts";
import { pickSession, sessionIdOf } from "./pick.ts";

interface Item extends QuickPickItem {
  readonly meaning: Meaning;
}

/** Characters of a question or activity in its row; the session itself has the rest. */
const TITLE = 200;

/** The row's session, else the selected one, else the next that waits, else one that is picked. */
export async function peek(context: Context, argument: unknown): Promise<void> {
  await context.sessions.loaded();
  const { all } = context.sessions;
  const wanted = sessionIdOf(argument) ?? context.tree.selected;
  const session =
    all.find(({ id }) => id === wanted) ??
    nextWaiting(all, undefined) ??
    (await pickSession(context, all, t("Peek at a session")));
  await act(context, session, await ask(context, session));
}

async function act(context: Context, { id }: SessionView, chosen: Meaning): Promise<void> {
  switch (chosen.kind) {
    case "open":
      await context.panes.open(id);
      return;
    case "answer": {
      const { requestId, option } = chosen;
      await context.server.request(answer, { sessionId: id, requestId, optionId: option.optionId });
      return;
    }
    case "reply": {
      const { requestId, values } = chosen;
      await context.server.request(answerQuestion, { sessionId: id, requestId, action: "accept", values });
      return;
    }
    case "skip": {
      const { requestId } = chosen;
      await context.server.request(answerQuestion, { sessionId: id, requestId, action: "decline", values: [] });
      return;
    }
    case "prompt":
      await context.server.request(prompt, { sessionId: id, text: chosen.text });
  }
}

/** Stays up to date while it is open, but answers only what was asked when it opened, so that nobody answers blindly (S5). */
function ask(context: Context, { id, permissions: waiting, questions: [question] }: SessionView): Promise<Meaning> {
  const [permission] = waiting.filter(({ plan }) => plan === undefined); // a plan is decided on where it is shown
  const asked = permission ?? question;
  const pick = window.createQuickPick<Item>();
  pick.ignoreFocusOut = true;
  const render = () => {
    const session = context.sessions.get(id);
    const isIt = ({ requestId }: { readonly requestId: string }) => requestId === asked?.requestId;
    const permissions = session?.permissions.filter(isIt) ?? [];
    const questions = session?.questions.filter(isIt) ?? [];
    if (session === undefined || (asked !== undefined && permissions.length + questions.length === 0)) {
      pick.hide();
    } else {
      show(pick, { ...session, permissions, questions });
    }
  };
  const listening = context.sessions.onChange(render);
  render();
  return new Promise<Meaning>((resolve, reject) => {
    pick.onDidChangeValue(render);
    pick.onDidAccept(() => {
      // Who types fast presses Enter before the new rows are there: then it means their first.
      const [active] = pick.activeItems;
      const chosen = active !== undefined && pick.items.includes(active) ? active : pick.items[0];
      if (chosen !== undefined) {
        resolve(chosen.meaning);
        pick.hide();
      }
    });
    pick.onDidHide(() => {
      listening.dispose();
      pick.dispose();
      reject(new Cancelled());
    });
    pick.show();
  });
}

function show(pick: QuickPick<Item>, session: SessionView): void {
  const [asked] = session.permissions;
  const canAnswer = meanings(session, "").some(({ kind }) => kind !== "open" && kind !== "prompt");
  pick.title = t("Peek — {0}", inert(session.title));
  pick.placeholder = canAnswer
    ? t("Type the number of an answer, or a follow-up prompt")
    : t("Type a follow-up prompt");
  const shown = pick.items.map(({ label }) => label).join();
  const wanted = meanings(session, pick.value).map((each) => itemOf(session, each));
  const items = [...wanted, ...(asked === undefined ? [] : facts(asked))];
  if (shown !== items.map(({ label }) => label).join()) {
    pick.items = items;
  }
}

/** The full command, its directory and files: an answer is given to what is shown, never to a row that was cut. */
function facts(asked: PermissionView): readonly Item[] {
  const whole = { meaning: { kind: "open" } as const, alwaysShow: true };
  return factsOf(asked).flatMap(([name, values]) => [
    { label: name, kind: QuickPickItemKind.Separator, ...whole },
    ...values.map((value) => ({ label: iconless(value), iconPath: new ThemeIcon("blank"), ...whole })),
  ]);
}

function itemOf(session: SessionView, each: Meaning): Item {
  const always = { alwaysShow: true, meaning: each };
  switch (each.kind) {
    case "open": {
      const [asked] = session.permissions;
      const changed = lines(session.stat.added, session.stat.removed);
      const detail = asked?.title ?? session.questions[0]?.message ?? session.activity;
      return {
        ...always,
        label: t("Open the session"),
        description: changed,
        detail: cut(iconless(detail), TITLE),
        iconPath: new ThemeIcon(iconOf(session).name.replace("~spin", "")),
      };
    }
    case "answer":
    case "reply":
    case "skip":
      return { ...always, ...answerOf(each) };
    case "prompt":
      return {
        ...always,
        label: t("Send “{0}”", iconless(each.text)),
        description: t("as a follow-up prompt"),
        iconPath: new ThemeIcon("send"),
      };
  }
}

function answerOf(each: Extract<Meaning, { kind: "answer" | "reply" | "skip" }>): QuickPickItem {
  switch (each.kind) {
    case "answer": {
      return {
        label: `${each.number}  ${iconless(each.option.name)}`,
        description: told(each.option.effect),
        iconPath: new ThemeIcon(isRefusal(each.option) ? "circle-slash" : "check"),
      };
    }
    case "reply":
      return {
        label: `${each.number}  ${iconless(each.choice.title)}`,
        description: iconless(each.choice.description ?? ""),
        iconPath: new ThemeIcon("check"),
      };
    case "skip":
      return {
        label: `${each.number}  ${t("Skip")}`,
        description: t("the agent goes on without an answer"),
        iconPath: new ThemeIcon("debug-step-over"),
      };
  }
}
