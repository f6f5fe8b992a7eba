/** Buckets in the server's order with their names, and rows within them. Decides no bucket: the server does. */

import type { Bucket, SessionView } from "../protocol/generated.ts";
import { t } from "../shared/l10n.ts";

export const BUCKETS = ["needs_you", "ready", "working", "queued", "idle", "done"] as const satisfies readonly Bucket[];

export interface Group {
  readonly bucket: Bucket;
  readonly sessions: readonly SessionView[];
}

/**
 * Buckets that hold something; in each what is pinned, then the newest first. Of those that need you the ones that ask
 * come before those that failed, as the server orders them, and those that are queued keep their positions.
 */
export function groups(sessions: readonly SessionView[]): readonly Group[] {
  const newest = sessions.toSorted((one, other) => other.createdMs - one.createdMs || (one.id < other.id ? -1 : 1));
  return BUCKETS.map((bucket) => {
    const members = newest.filter((session) => session.bucket === bucket);
    return { bucket, sessions: ordered(bucket, members) };
  }).filter((group) => group.sessions.length > 0);
}

function ordered(bucket: Bucket, members: readonly SessionView[]): readonly SessionView[] {
  if (bucket === "queued") {
    return members.toSorted((one, other) => (one.place ?? 0) - (other.place ?? 0));
  }
  const urgent = (one: SessionView, other: SessionView) =>
    one.urgency - other.urgency || other.updatedMs - one.updatedMs;
  return (bucket === "needs_you" ? members.toSorted(urgent) : members).toSorted(
    (one, other) => Number(other.isPinned) - Number(one.isPinned),
  );
}

export function bucketName(bucket: Bucket): string {
  switch (bucket) {
    case "needs_you":
      return t("Needs you");
    case "ready":
      return t("Ready");
    case "working":
      return t("Working");
    case "queued":
      return t("Queued");
    case "idle":
      return t("Idle");
    case "done":
      return t("Done");
  }
}

/**
 * The one after `current` that needs the user, round and round: what asks something first, the newest of them before the
 * others, and what failed once nothing asks any more.
 */
export function nextWaiting(sessions: readonly SessionView[], current: string | undefined): SessionView | undefined {
  const waiting = groups(sessions).find(({ bucket }) => bucket === "needs_you")?.sessions ?? [];
  const urgency = Math.min(...waiting.map((session) => session.urgency));
  const urgent = waiting.filter((session) => session.urgency === urgency);
  const position = urgent.findIndex((session) => session.id === current);
  return urgent[(position + 1) % urgent.length];
}
