/** What Segue takes on the disk, as rows: how much, why it is there, and what lets go of it. Knows no window. */

import type { ActionView, DiskView, RepositoryDiskView } from "../protocol/generated.ts";
import { t } from "../shared/l10n.ts";
import { baseName, bytes, inert } from "../shared/text.ts";

export interface DiskRow {
  readonly icon: string;
  readonly name: string;
  readonly size: string;
  readonly why: string;
}

export interface Kept {
  readonly disk: DiskView;
  /** The undo log of all sessions. */
  readonly actions: readonly ActionView[];
  readonly nowMs: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** The largest first. */
export function diskRows({ disk, actions, nowMs }: Kept): readonly DiskRow[] {
  const row = (icon: string, name: string, size: number, why: string) => ({ icon, name, size, why });
  const rows = [
    row("folder", t("Worktrees"), disk.worktrees, t("One for each session that is not discarded.")),
    row("comment", t("What agents said"), disk.runners, t("Word for word; it goes when a deleted session expires.")),
    row("file-media", t("Images"), disk.images, t("Of prompts and answers; they go when a deleted session expires.")),
    row("database", t("Journal"), disk.journal, t("All sessions and transcripts; it stays.")),
    row("output", t("Logs"), disk.logs, t("The oldest part goes by itself.")),
    ...disk.repositories.map((held) =>
      row("history", t("Snapshots in {0}", inert(baseName(held.repository))), held.bytes, snapshotsOf(held)),
    ),
  ];
  const expiry = nextExpiry(actions, nowMs);
  const kept = disk.keepDays === 1 ? t("Kept for 1 day.") : t("Kept for {0} days.", disk.keepDays);
  return rows
    .toSorted((one, other) => other.size - one.size)
    .map(({ icon, name, size, why }) => ({
      icon,
      name,
      size: bytes(size),
      why: icon === "history" ? [why, kept, expiry].filter(Boolean).join(" ") : why,
    }));
}

export function diskTotal(disk: DiskView): string {
  const held = disk.repositories.reduce((sum, repository) => sum + repository.bytes, 0);
  return bytes(disk.worktrees + disk.runners + disk.images + disk.journal + disk.logs + held);
}

function snapshotsOf({ snapshots, expired }: RepositoryDiskView): string {
  const standing = snapshots === 1 ? t("1 action has its way back.") : t("{0} actions have their way back.", snapshots);
  return expired === 0 ? standing : t("{0} {1} expired.", standing, expired);
}

/** The newest of a session never expires, so this says the earliest. */
function nextExpiry(actions: readonly ActionView[], nowMs: number): string {
  const times = actions.flatMap(({ expiresMs }) => (expiresMs === undefined ? [] : [expiresMs]));
  if (times.length === 0) {
    return "";
  }
  const days = Math.max(0, Math.ceil((Math.min(...times) - nowMs) / DAY_MS));
  return days === 1 ? t("The next may go in 1 day.") : t("The next may go in {0} days.", days);
}
