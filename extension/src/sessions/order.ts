/** Buckets in the server's order with their names, and rows within them. Decides no bucket: the server does. */

import type { Bucket, SessionView } from "../protocol/generated.ts";
import { t } from "../shared/l10n.ts";

export const BUCKETS = ["needs_you", "ready", "working", "queued", "idle", "done"] as const satisfies readonly Bucket[];

export interface Group {
  readonly bucket: Bucket;
  readonly sessions: readonly SessionView[];
}

/**
 * Buckets that hold something; in each what is pinned, then the newest first, except that who has waited longest for you
 * comes first, and that those who wait for others stand in their line.
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
  const longest = (one: SessionView, other: SessionView) => one.updatedMs - other.updatedMs;
  return (bucket === "needs_you" ? members.toSorted(longest) : members).toSorted(
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

/** The one after `current` that needs the user, in the panel's order, round and round. */
export function nextWaiting(sessions: readonly SessionView[], current: string | undefined): SessionView | undefined {
  const waiting = groups(sessions).find((group) => group.bucket === "needs_you")?.sessions ?? [];
  const position = waiting.findIndex((session) => session.id === current);
  return waiting[(position + 1) % waiting.length];
}
