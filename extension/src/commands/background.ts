/** Running the rest in the background: what waits is allowed and the session unlinked in one go. Says first what moves. */

import { announce } from "../pairing/bar.ts";
import { answer, decidePlan, type SessionView } from "../protocol/generated.ts";
import { requestText } from "../sessions/permissions.ts";
import { Failed } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { inert } from "../shared/text.ts";
import type { Context } from "./context.ts";
import { sessionFor } from "./pick.ts";
import { askToAllow, inBackground } from "./switch.ts";

export async function runInBackground(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "background", argument);
  const { request, allow } = allowing(context, session);
  const chosen = await askToAllow(context, session, request);
  if (chosen === "show") {
    await context.panes.open(session.id);
    return;
  }
  await allow(chosen === "keep");
  announce(inBackground(inert(session.title)));
}

/** What allows what the session waits with as it was shown; what is asked meanwhile is not allowed. */
function allowing({ server }: Context, { id: sessionId, proposal, permissions }: SessionView) {
  if (proposal !== undefined) {
    const { key } = proposal;
    const params = { sessionId, key, decision: "approved" as const, isBackground: true };
    const allow = (keepHunks: boolean) => server.request(decidePlan, { ...params, keepHunks });
    return { request: t("The plan that waits in the session view."), allow };
  }
  const [asked] = permissions;
  const option = asked?.options.find(({ kind }) => kind === "allow_once");
  if (asked === undefined || option === undefined) {
    throw new Failed({
      reason: "nothing_asked",
      message: t("Nothing waits there that can be allowed once."),
      action: "",
    });
  }
  const params = { sessionId, requestId: asked.requestId, optionId: option.optionId, isBackground: true };
  const allow = (keepHunks: boolean) => server.request(answer, { ...params, keepHunks });
  return { request: requestText(asked), allow };
}
