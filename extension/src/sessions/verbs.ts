/** What can be done with a session now: one place for rows, menus and pickers. Decides nothing; the server says it. */

import type { SessionView, Verb } from "../protocol/generated.ts";

export function applies(verb: Verb, { allowed }: SessionView): boolean {
  return allowed.includes(verb);
}

/** Why it cannot be done now, in one sentence; undefined where it can, or where the row says so itself. */
export function reasonAgainst(verb: Verb, { reasons }: SessionView): string | undefined {
  return reasons[verb];
}
