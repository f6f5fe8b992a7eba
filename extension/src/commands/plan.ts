/** Deciding on a plan from the palette or a row. The first row decides nothing, so that Enter alone approves nothing. */

import { ThemeIcon, window, type QuickPickItem } from "vscode";
import { decidePlan, type Decision, type PlanProposalView, type SessionView } from "../protocol/generated.ts";
import { Cancelled } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { files, inert } from "../shared/text.ts";
import { runInBackground } from "./background.ts";
import type { Context } from "./context.ts";

interface Choice extends QuickPickItem {
  readonly act: () => Promise<void>;
}

export async function decideOnPlan(context: Context, session: SessionView, proposal: PlanProposalView): Promise<void> {
  const options = {
    title: t("Plan of “{0}”", inert(session.title)),
    placeHolder: t("Nothing is decided by Enter alone: pick what to do"),
    ignoreFocusOut: true,
  };
  const chosen = await window.showQuickPick(choicesFor(context, session, proposal), options);
  if (chosen === undefined) {
    throw new Cancelled();
  }
  await chosen.act();
}

function choicesFor(context: Context, session: SessionView, proposal: PlanProposalView): readonly Choice[] {
  const count = proposal.comments.length;
  const decide = (decision: Decision, text?: string) => async () => {
    const said = text === undefined ? {} : { text };
    const { key } = proposal;
    await context.server.request(decidePlan, { sessionId: session.id, key, decision, ...said });
  };
  const show: Choice = {
    label: t("Show the plan and comment on its lines"),
    description: proposal.changed > 0 ? t("although it only plans, it changed {0}", files(proposal.changed)) : "",
    iconPath: new ThemeIcon("eye"),
    act: () => {
      context.panes.openInEditor(session.id);
      return Promise.resolve();
    },
  };
  const revise = {
    label: t("Revise…"),
    description: count === 0 ? "" : t("{0} collected comments go along", count),
    iconPath: new ThemeIcon("comment-discussion"),
    act: async () => decide("revised", await askWhat(count > 0))(),
  };
  const background = {
    label: t("Approve and Run in the Background…"),
    iconPath: new ThemeIcon("cloud"),
    act: () => runInBackground(context, session.id),
  };
  return [
    show,
    { label: t("Reject"), iconPath: new ThemeIcon("circle-slash"), act: decide("rejected") },
    revise,
    { label: t("Approve"), iconPath: new ThemeIcon("check"), act: decide("approved") },
    ...(session.linkedTo === undefined ? [] : [background]),
  ];
}

async function askWhat(hasComments: boolean): Promise<string> {
  const text = await window.showInputBox({
    title: t("Revise the plan"),
    prompt: hasComments
      ? t("What else the agent is told; the collected comments go along.")
      : t("What the agent is told of the plan."),
    ignoreFocusOut: true,
  });
  if (text === undefined || (text.trim() === "" && !hasComments)) {
    throw new Cancelled();
  }
  return text;
}
