/** What can be done while pairing, as one list behind the status bar. */

import { commands, QuickPickItemKind, ThemeIcon, window, type QuickPickItem } from "vscode";
import { count } from "../pairing/hunks.ts";
import { Cancelled } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { iconless, inert } from "../shared/text.ts";
import type { Context } from "./context.ts";
import { linkedFor } from "./pair.ts";

interface Entry extends QuickPickItem {
  readonly command?: string;
}

export async function pairingMenu(context: Context, argument: unknown): Promise<void> {
  const session = linkedFor(context, argument);
  const link = context.pairing.links.find(({ sessionId }) => sessionId === session.id);
  const links = link === undefined ? [] : [link];
  const drafts = link?.comments.filter(({ state }) => state === "draft").length ?? 0;
  const entries: readonly Entry[] = [
    { label: count(links), kind: QuickPickItemKind.Separator },
    entry("arrow-down", t("Next Change"), "segue.nextHunk"),
    entry("check-all", t("Accept All"), "segue.acceptAll"),
    entry("close-all", t("Reject All…"), "segue.rejectAll"),
    entry("discard", t("Undo Last Decision"), "segue.undoDecision"),
    { label: t("The agent"), kind: QuickPickItemKind.Separator },
    entry("comment-discussion", t("Pair Here"), "segue.pair"),
    ...(drafts > 0 ? [entry("send", sendTitle(drafts), "segue.sendComments")] : []),
    ...(link?.canShare === true ? [entry("arrow-swap", t("Share My Edits Now"), "segue.shareEdits")] : []),
    entry("debug-stop", t("Stop the Agent"), "segue.stop"),
    entry("go-to-file", t("Open the Session"), "segue.open"),
    { label: t("The session"), kind: QuickPickItemKind.Separator },
    entry("pass", t("Finish Pairing"), "segue.finish"),
    entry("debug-disconnect", t("Send to Background"), "segue.unlink"),
    ...(link?.notices ?? []).map((notice) => ({ label: iconless(notice), iconPath: new ThemeIcon("info") })),
  ];
  const title = t("Pairing — {0}", inert(session.title));
  const chosen = await window.showQuickPick(entries, { title, placeHolder: t("What next?") });
  if (chosen?.command === undefined) {
    throw new Cancelled();
  }
  await commands.executeCommand(chosen.command, session.id);
}

function entry(icon: string, label: string, command: string): Entry {
  return { label, iconPath: new ThemeIcon(icon), command };
}

function sendTitle(drafts: number): string {
  return drafts === 1 ? t("Send 1 Comment") : t("Send {0} Comments", drafts);
}
