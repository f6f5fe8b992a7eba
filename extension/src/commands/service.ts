/** The server itself: its log, a restart, a check-up. */

import { ThemeIcon, window, workspace, type QuickPickItem } from "vscode";
import { doctor, type CheckView } from "../protocol/generated.ts";
import { t } from "../shared/l10n.ts";
import { iconless, inert } from "../shared/text.ts";
import type { Context } from "./context.ts";

export function showLog(context: Context): Promise<void> {
  context.reporter.log.show();
  return Promise.resolve();
}

export async function restartServer(context: Context): Promise<void> {
  await context.server.restart();
}

export async function examine(context: Context): Promise<void> {
  const path = workspace.workspaceFolders?.[0]?.uri.fsPath;
  const { checks } = await context.server.request(doctor, path === undefined ? {} : { path });
  const worst = checks.some(({ status }) => status === "failed") ? t("Something is wrong") : t("Segue can work here");
  const title = t("Segue Doctor — {0}", worst);
  const chosen = await window.showQuickPick(checks.map(checkItem), { title, matchOnDescription: true });
  if (chosen !== undefined) {
    void window.showInformationMessage(chosen.whole);
  }
}

interface CheckItem extends QuickPickItem {
  /** A row may be too narrow for it. */
  readonly whole: string;
}

function checkItem({ name, status, message, action }: CheckView): CheckItem {
  const icons = { ok: "pass", warning: "warning", failed: "error" };
  return {
    label: iconless(name),
    description: iconless(message),
    iconPath: new ThemeIcon(icons[status]),
    whole: inert(`${message} ${action}`.trim()),
    ...(action === "" ? {} : { detail: iconless(action) }),
  };
}
