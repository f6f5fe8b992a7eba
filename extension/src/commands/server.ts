/** The server itself: its log, a restart, a check-up. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { ThemeIcon, Uri, window, workspace, type QuickPickItem } from "vscode";
import { ownDataDirectory } from "../client/bundledServer.ts";
import { doctor, type CheckView } from "../protocol/generated.ts";
import { Cancelled } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { iconless, inert } from "../shared/text.ts";
import type { Context } from "./context.ts";

interface LogItem extends QuickPickItem {
  readonly path?: string;
}

/** This window's log, or one of the server's; straight to the first where there are no others. */
export async function showLogs(context: Context): Promise<void> {
  const folder = join(ownDataDirectory(), "logs");
  const files: LogItem[] = [
    { label: "daemon.log", description: t("what the server did"), path: join(folder, "daemon.log") },
    { label: "start.log", description: t("what it printed when it started"), path: join(folder, "start.log") },
  ].filter(({ path }) => existsSync(path));
  const own: LogItem = { label: t("This window"), description: t("the extension and the connection") };
  const chosen = files.length === 0 ? own : await window.showQuickPick([own, ...files], { title: t("Segue — logs") });
  if (chosen === undefined) {
    throw new Cancelled();
  }
  if (chosen.path === undefined) {
    context.reporter.log.show();
    return;
  }
  await window.showTextDocument(Uri.file(chosen.path), { preview: true });
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
