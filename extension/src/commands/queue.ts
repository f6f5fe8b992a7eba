/** The line of sessions that wait for others: its order by hand, and starting one past the limit. */

import { moveQueued, startNow, type Move } from "../protocol/generated.ts";
import { applies } from "../sessions/verbs.ts";
import type { Context, Handler } from "./context.ts";
import { sessionFor } from "./pick.ts";

/** Begins the turn of a waiting session, however many work. */
export async function startQueued(context: Context, argument: unknown): Promise<void> {
  await context.server.request(startNow, { sessionId: await waitingFor(context, argument) });
}

export function moveTo(to: Move): Handler {
  return async (context, argument) => {
    await context.server.request(moveQueued, { sessionId: await waitingFor(context, argument), to });
  };
}

/** By a key it is the selected row where that waits: nobody wants to pick what the cursor is on. */
async function waitingFor(context: Context, argument: unknown): Promise<string> {
  const { selected } = context.tree;
  const session = selected === undefined ? undefined : context.sessions.get(selected);
  const isSelected = argument === undefined && session !== undefined && applies("queue", session);
  return (await sessionFor(context, "queue", isSelected ? session.id : argument)).id;
}
