/** What only arranges the panel: filter and pins. */

import { window } from "vscode";
import { pin, unpin } from "../protocol/generated.ts";
import { Cancelled } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import type { Context } from "./context.ts";
import { sessionFor } from "./pick.ts";

export async function filterSessions(context: Context): Promise<void> {
  const filter = await window.showInputBox({
    title: t("Filter Sessions"),
    prompt: t("Words of the title; s:needs, s:ready, s:working… for a state; a:name for an agent"),
    value: context.tree.filter,
  });
  if (filter === undefined) {
    throw new Cancelled();
  }
  context.tree.filter = filter.trim();
}

export function clearFilter(context: Context): Promise<void> {
  context.tree.filter = "";
  return Promise.resolve();
}

export async function pinSession(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "pin", argument);
  await context.server.request(pin, { sessionId: session.id });
}

export async function unpinSession(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "unpin", argument);
  await context.server.request(unpin, { sessionId: session.id });
}
