/** Which sessions a filter lets through: `s:blocked`, `a:claude`, and words of titles. Knows no view. */

import type { Bucket, SessionView } from "../protocol/generated.ts";

/** What people call a bucket, besides its own name. */
const NAMES: Readonly<Record<Bucket, readonly string[]>> = {
  needs_you: ["needs", "needsyou", "blocked", "waiting", "failed"],
  ready: ["ready", "review"],
  working: ["working", "running"],
  queued: ["queued"],
  idle: ["idle"],
  done: ["done", "merged", "archived"],
};

/** Whether every part of the filter fits; an empty filter lets everything through. */
export function lets(filter: string, session: SessionView): boolean {
  const parts = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return parts.every((part) => fits(part, session));
}

function fits(part: string, session: SessionView): boolean {
  if (part.startsWith("s:")) {
    const wanted = part.slice(2);
    return [session.bucket, ...NAMES[session.bucket]].some((name) => name.startsWith(wanted));
  }
  if (part.startsWith("a:")) {
    return session.agent.toLowerCase().startsWith(part.slice(2));
  }
  const facts = [session.title, session.id, session.repository, session.activity];
  return facts.some((fact) => fact.toLowerCase().includes(part));
}
