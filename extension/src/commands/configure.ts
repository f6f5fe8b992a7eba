/** Choosing an agent's model, mode and whatever else it offers, with the editor's own picks. */

import { QuickPickItemKind, ThemeIcon, window, type QuickPickItem } from "vscode";
import { configure, showSession, type ConfigOptionView } from "../protocol/generated.ts";
import { Cancelled, Failed } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { iconless, inert } from "../shared/text.ts";
import type { Context } from "./context.ts";
import { sessionFor } from "./pick.ts";

interface Item extends QuickPickItem {
  readonly option?: ConfigOptionView;
  readonly value?: string;
  readonly isEnd?: boolean;
}

export async function configureSession(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "configure", argument);
  const offer =
    context.sessions.offer(session.id) ?? (await context.server.request(showSession, { sessionId: session.id })).offer;
  const options = offer.options.filter(({ values }) => values.length > 0);
  if (options.length === 0) {
    throw new Failed({
      reason: "nothing_offered",
      message: t("The agent of “{0}” offers nothing to choose, or has not started yet.", inert(session.title)),
      action: "",
    });
  }
  const title = t("Agent Options of “{0}”", inert(session.title));
  const option = await pickOption(options.map(optionItem), title);
  if (option.option === undefined) {
    throw new Cancelled();
  }
  const value = await pickValue(option.option, title);
  await context.server.request(configure, { sessionId: session.id, optionId: option.option.optionId, value });
}

/** Values by option for a session that is about to begin; what is not picked stays as the agent has it. */
export async function pickOptions(
  agent: string,
  offered: readonly ConfigOptionView[],
): Promise<Record<string, string>> {
  const title = t("Delegate to {0} — options", agent);
  const chosen: Record<string, string> = {};
  for (;;) {
    const rows = offered
      .filter(({ values }) => values.length > 0)
      .map((option) => optionItem({ ...option, current: chosen[option.optionId] ?? "" }));
    const go: Item = { label: t("Go on"), iconPath: new ThemeIcon("arrow-right"), isEnd: true };
    const { option, isEnd } = await pickOption([go, ...rows], title);
    if (isEnd === true || option === undefined) {
      return chosen;
    }
    chosen[option.optionId] = await pickValue(option, title);
  }
}

async function pickOption(items: readonly Item[], title: string): Promise<Item> {
  const chosen = await window.showQuickPick(items, {
    title,
    placeHolder: t("What shall be different?"),
    ignoreFocusOut: true,
    matchOnDescription: true,
  });
  if (chosen === undefined) {
    throw new Cancelled();
  }
  return chosen;
}

function optionItem(option: ConfigOptionView): Item {
  const { name, current, values, description, category } = option;
  const now = values.find(({ value }) => value === current)?.name ?? current;
  const icon = category === "model" ? "hubot" : category === "mode" ? "shield" : "settings";
  return {
    label: iconless(name),
    description: iconless(now === "" ? t("as the agent has it") : now),
    ...(description === undefined ? {} : { detail: iconless(description) }),
    iconPath: new ThemeIcon(icon),
    option,
  };
}

async function pickValue({ name, current, values }: ConfigOptionView, title: string): Promise<string> {
  const items = values.flatMap((value, index): Item[] => {
    const isNewGroup = value.group !== undefined && value.group !== values[index - 1]?.group;
    const item: Item = {
      label: iconless(value.name),
      ...(value.description === undefined ? {} : { detail: iconless(value.description) }),
      iconPath: new ThemeIcon(value.value === current ? "check" : "blank"),
      value: value.value,
    };
    return isNewGroup ? [{ label: iconless(value.group ?? ""), kind: QuickPickItemKind.Separator }, item] : [item];
  });
  const chosen = await window.showQuickPick(items, { title, placeHolder: inert(name), matchOnDetail: true });
  if (chosen?.value === undefined) {
    throw new Cancelled();
  }
  return chosen.value;
}
