/** Answering a question of an agent without its session view: one choice, or one text. More is asked where it can be seen whole. */

import { QuickPickItemKind, ThemeIcon, window, type QuickPickItem } from "vscode";
import { answerQuestion, type GivenView, type QuestionView, type SessionView } from "../protocol/generated.ts";
import { onlyChoice, onlyText, problems } from "../sessions/forms.ts";
import { Cancelled } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { iconless, inert } from "../shared/text.ts";
import type { Context } from "./context.ts";

interface ReplyItem extends QuickPickItem {
  readonly reply?: { readonly action: "accept" | "decline"; readonly values: readonly GivenView[] };
}

export async function replyTo(context: Context, session: SessionView, question: QuestionView): Promise<void> {
  const text = onlyText(question);
  if (text !== undefined) {
    await typed(context, session, question);
  } else if (onlyChoice(question) === undefined) {
    await context.panes.open(session.id);
  } else {
    await picked(context, session, question);
  }
}

async function picked(context: Context, session: SessionView, question: QuestionView): Promise<void> {
  const options = {
    title: t("“{0}” asks: {1}", inert(session.title), inert(question.message)),
    placeHolder: t("Nothing is sent by Enter alone: pick an answer"),
    ignoreFocusOut: true,
    matchOnDescription: true,
  };
  const chosen = await window.showQuickPick(itemsFor(question), options);
  if (chosen === undefined) {
    throw new Cancelled();
  }
  if (chosen.reply === undefined) {
    await context.panes.open(session.id);
    return;
  }
  await context.server.request(answerQuestion, {
    sessionId: session.id,
    requestId: question.requestId,
    ...chosen.reply,
  });
}

function itemsFor(question: QuestionView): readonly ReplyItem[] {
  const only = onlyChoice(question);
  const choices = only?.choices ?? [];
  const name = only?.field.name ?? "";
  return [
    { label: t("Answer later, show the whole question"), iconPath: new ThemeIcon("eye") },
    { label: inert(only?.field.title ?? ""), kind: QuickPickItemKind.Separator },
    ...choices.map(({ value, title, description }) => ({
      label: iconless(title),
      ...(description === undefined ? {} : { detail: iconless(description) }),
      reply: { action: "accept" as const, values: [{ name, values: [value] }] },
    })),
    { label: "", kind: QuickPickItemKind.Separator },
    {
      label: t("Skip"),
      description: t("the agent goes on without an answer"),
      iconPath: new ThemeIcon("debug-step-over"),
      reply: { action: "decline", values: [] },
    },
  ];
}

async function typed(context: Context, session: SessionView, question: QuestionView): Promise<void> {
  const [field] = question.fields;
  const name = field?.name ?? "";
  const value = await window.showInputBox({
    title: t("“{0}” asks: {1}", inert(session.title), inert(question.message)),
    prompt: iconless([field?.title ?? "", field?.description ?? ""].filter(Boolean).join(" — ")),
    value: field?.defaults[0] ?? "",
    ignoreFocusOut: true,
    validateInput: (text) => problems(question, new Map([[name, [text]]])).get(name),
  });
  if (value === undefined) {
    throw new Cancelled();
  }
  const values = value === "" ? [] : [{ name, values: [value] }];
  await context.server.request(answerQuestion, {
    sessionId: session.id,
    requestId: question.requestId,
    action: "accept",
    values,
  });
}
