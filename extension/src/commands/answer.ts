/** Answering a request. The first row decides nothing, so that Enter alone never allows anything. */

import { CancellationTokenSource, QuickPickItemKind, ThemeIcon, window, type QuickPickItem } from "vscode";
import { answer, type OptionView, type PermissionView, type SessionView } from "../protocol/generated.ts";
import { isRefusal } from "../sessions/permissions.ts";
import { Cancelled, Failed } from "../shared/failure.ts";
import { t, told } from "../shared/l10n.ts";
import { iconless, inert, pieces, shortened, visible } from "../shared/text.ts";
import type { Context } from "./context.ts";
import { sessionFor } from "./pick.ts";
import { decideOnPlan } from "./plan.ts";
import { replyTo } from "./question.ts";

interface AnswerItem extends QuickPickItem {
  readonly option?: OptionView;
}

/** Characters of a request's title that leave room for the answers; its first row shows the whole request. */
const TITLE_WIDTH = 160;
/** Characters of a command that a row shows without being cut by the window. */
const ROW_WIDTH = 72;
/** Rows of a command that a pick holds; the transcript shows what is longer. */
const ROWS = 6;

export async function answerRequest(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "answer", argument);
  if (session.proposal !== undefined) {
    await decideOnPlan(context, session, session.proposal);
    return;
  }
  const [permission] = session.permissions;
  const [question] = session.questions;
  if (permission === undefined && question !== undefined) {
    await replyTo(context, session, question);
    return;
  }
  if (permission === undefined) {
    throw new Failed({ reason: "nothing_asked", message: t("“{0}” asks nothing now.", session.title), action: "" });
  }
  const chosen = await pickAnswer(context, session, permission);
  if (chosen.option === undefined) {
    await context.panes.open(session.id);
    return;
  }
  await give(context, session, permission, chosen.option);
}

/** The pick goes away when the request is decided elsewhere. */
async function pickAnswer(context: Context, session: SessionView, permission: PermissionView): Promise<AnswerItem> {
  const decided = new CancellationTokenSource();
  const listening = context.sessions.onChange(() => {
    const asked = context.sessions.get(session.id)?.permissions ?? [];
    if (!asked.some(({ requestId }) => requestId === permission.requestId)) {
      decided.cancel();
    }
  });
  try {
    const options = {
      title: t("“{0}” asks: {1}", inert(session.title), shortened(inert(permission.title), TITLE_WIDTH)),
      placeHolder: t("Nothing is decided by Enter alone: pick an answer"),
      ignoreFocusOut: true,
    };
    const chosen = await window.showQuickPick(itemsFor(permission), options, decided.token);
    if (chosen === undefined) {
      throw new Cancelled();
    }
    return chosen;
  } finally {
    listening.dispose();
    decided.dispose();
  }
}

async function give(
  context: Context,
  session: SessionView,
  { requestId }: PermissionView,
  { optionId }: OptionView,
): Promise<void> {
  await context.server.request(answer, { sessionId: session.id, requestId, optionId });
}

function itemsFor(permission: PermissionView): readonly AnswerItem[] {
  const later: AnswerItem = {
    label: t("Decide later, show the whole request"),
    iconPath: new ThemeIcon("eye"),
  };
  const facts = factsOf(permission);
  return [
    later,
    ...facts.flatMap(([name, values]) => [
      { label: name, kind: QuickPickItemKind.Separator },
      ...values.map((value) => ({ label: iconless(value), iconPath: new ThemeIcon("blank") })),
    ]),
    { label: t("Answers"), kind: QuickPickItemKind.Separator },
    ...permission.options.map(optionItem),
  ];
}

function optionItem(option: OptionView): AnswerItem {
  return {
    label: iconless(option.name),
    description: told(option.effect),
    iconPath: new ThemeIcon(isRefusal(option) ? "circle-slash" : option.kind === "unknown" ? "question" : "check"),
    option,
  };
}

/** The full command, its directory and files, in rows that the window need not cut. */
export function factsOf({ facts }: PermissionView): readonly (readonly [string, readonly string[]])[] {
  return facts.map(({ name, values }) => [
    told(name),
    limited(values.flatMap((value) => value.split("\n").flatMap((line) => pieces(visible(line), ROW_WIDTH)))),
  ]);
}

function limited(rows: readonly string[]): readonly string[] {
  const missing = rows.length - ROWS;
  return missing <= 0 ? rows : [...rows.slice(0, ROWS), t("… {0} more lines: see the whole request above", missing)];
}
