/** Rows in the server's order, grouped by its buckets. Knows no bucket by name but the one that needs the user. */

import type { BucketView, SessionView } from "../protocol/generated.ts";

export interface Group {
  readonly bucket: BucketView;
  readonly sessions: readonly SessionView[];
}

/** Buckets that hold something, and the rows of each. */
export function groups(sessions: readonly SessionView[], buckets: readonly BucketView[]): readonly Group[] {
  const sorted = sessions.toSorted(byOrder);
  return buckets
    .map((bucket) => ({ bucket, sessions: sorted.filter((session) => session.bucket === bucket.id) }))
    .filter((group) => group.sessions.length > 0);
}

function byOrder(one: SessionView, other: SessionView): number {
  const differs = one.order.findIndex((number, index) => number !== other.order[index]);
  const [here, there] = [one.order[differs] ?? 0, other.order[differs] ?? 0];
  return here - there || (one.id < other.id ? -1 : 1);
}

/**
 * The one after `current` that needs the user, round and round: what asks something first, the newest of them before the
 * others, and what failed once nothing asks any more.
 */
export function nextWaiting(sessions: readonly SessionView[], current: string | undefined): SessionView | undefined {
  const waiting = sessions.filter(({ bucket }) => bucket === "needs_you").toSorted(byOrder);
  const urgency = Math.min(...waiting.map((session) => session.urgency));
  const urgent = waiting.filter((session) => session.urgency === urgency);
  const position = urgent.findIndex((session) => session.id === current);
  return urgent[(position + 1) % urgent.length];
}
