/** What Segue takes on the disk, and what can be done about it. Asks the server; lets go of nothing by itself. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { commands, QuickPickItemKind, ThemeIcon, Uri, window, workspace, type QuickPickItem } from "vscode";
import { ownDataDirectory } from "../client/bundledServer.ts";
import { disk, listUndo } from "../protocol/generated.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { Cancelled } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { iconless } from "../shared/text.ts";
import { diskRows, diskTotal, type Kept } from "../views/diskRows.ts";
import type { Context } from "./context.ts";

interface DiskItem extends QuickPickItem {
  readonly act: () => Thenable<unknown>;
}

export async function showDiskUsage(context: Context): Promise<void> {
  const options = { location: { viewId: "segue.sessions" }, title: t("Looking at every file of Segue’s") };
  const kept = await window.withProgress(options, () => look(context));
  const title = t("Segue — {0} on the disk", diskTotal(kept.disk));
  const separator = { label: t("What can be done"), kind: QuickPickItemKind.Separator, act: () => Promise.resolve() };
  const items = [...rowsOf(kept), separator, ...actionsOf(context.sessions, kept.disk.keepDays)];
  const chosen = await window.showQuickPick(items, { title, matchOnDescription: true, matchOnDetail: true });
  if (chosen === undefined) {
    throw new Cancelled();
  }
  await chosen.act();
}

async function look({ server }: Context): Promise<Kept> {
  const [found, { actions }] = await Promise.all([server.request(disk, {}), server.request(listUndo, {})]);
  return { disk: found.disk, actions, nowMs: Date.now() };
}

function rowsOf(kept: Kept): readonly DiskItem[] {
  return diskRows(kept).map(({ icon, name, size, why }) => ({
    label: iconless(name),
    description: size,
    detail: why,
    iconPath: new ThemeIcon(icon),
    act: async () => window.showInformationMessage(`${name}: ${size}. ${why}`),
  }));
}

function actionsOf(sessions: Sessions, keepDays: number): readonly DiskItem[] {
  const item = (icon: string, label: string, act: DiskItem["act"]): DiskItem => ({
    label,
    iconPath: new ThemeIcon(icon),
    act,
  });
  const run = (id: string) => () => commands.executeCommand(id);
  return [
    ...(sessions.all.some(({ isArchived }) => !isArchived)
      ? [item("archive", t("Discard a Session…"), run("segue.discard"))]
      : []),
    ...(sessions.all.some(({ isArchived }) => isArchived)
      ? [item("trash", t("Delete an Archived Session…"), run("segue.delete"))]
      : []),
    item("settings-gear", t("Set How Long Snapshots Are Kept…"), () => openSettings(keepDays)),
  ];
}

/** The server's own settings file; where there is none yet, what it would say, to be saved there. */
async function openSettings(keepDays: number): Promise<void> {
  const file = Uri.file(join(ownDataDirectory(), "settings.toml"));
  if (existsSync(file.fsPath)) {
    await window.showTextDocument(file);
    return;
  }
  const document = await workspace.openTextDocument(file.with({ scheme: "untitled" }));
  const editor = await window.showTextDocument(document);
  await editor.edit((edit) => {
    edit.insert(document.positionAt(0), `[snapshots]\nkeep_days = ${keepDays}\n`);
  });
}
