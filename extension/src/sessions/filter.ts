/** Which sessions a filter lets through: `s:blocked`, `a:claude`, and words of titles. Knows no view. */

import type { BucketView, SessionView } from "../protocol/generated.ts";

/** Whether every part of the filter fits; an empty filter lets everything through. */
export function lets(filter: string, session: SessionView, buckets: readonly BucketView[]): boolean {
  const parts = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return parts.every((part) => fits(part, session, buckets));
}

function fits(part: string, session: SessionView, buckets: readonly BucketView[]): boolean {
  if (part.startsWith("s:")) {
    const wanted = part.slice(2);
    const bucket = buckets.find(({ id }) => id === session.bucket);
    return (bucket?.filters ?? [session.bucket]).some((name) => name.startsWith(wanted));
  }
  if (part.startsWith("a:")) {
    return session.agent.toLowerCase().startsWith(part.slice(2));
  }
  const facts = [session.title, session.id, session.repository, session.activity];
  return facts.some((fact) => fact.toLowerCase().includes(part));
}
