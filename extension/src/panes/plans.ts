/** What a page says of a plan, as the server takes it. */

import type { Server } from "../client/server.ts";
import { commentPlan, decidePlan, dropPlanComment } from "../protocol/generated.ts";
import type { Intent } from "../protocol/webview.ts";

export type PlanIntent = Extract<Intent, { readonly type: "decidePlan" | "commentPlan" | "uncommentPlan" }>;

export function isAboutPlan(intent: Intent): intent is PlanIntent {
  return intent.type === "decidePlan" || intent.type === "commentPlan" || intent.type === "uncommentPlan";
}

export async function actOnPlan(server: Server, intent: PlanIntent): Promise<void> {
  const { sessionId, key } = intent;
  switch (intent.type) {
    case "decidePlan": {
      const { decision, text } = intent;
      await server.request(decidePlan, { sessionId, key, decision, ...(text === undefined ? {} : { text }) });
      return;
    }
    case "commentPlan": {
      const { first, last, text } = intent;
      await server.request(commentPlan, { sessionId, key, first, last, text });
      return;
    }
    case "uncommentPlan":
      await server.request(dropPlanComment, { sessionId, key, commentId: intent.commentId });
  }
}
