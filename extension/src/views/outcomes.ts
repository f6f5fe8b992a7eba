/** How a question that is no longer open was settled, in words. Knows a transcript; asks nobody. */

import type { ItemView } from "../protocol/generated.ts";
import { outcome, planOutcome } from "../sessions/forms.ts";
import { t } from "../shared/l10n.ts";
import { inert } from "../shared/text.ts";

/** For whoever answers too late: by whom it was answered and how, or why it is no longer asked. */
export function settledText(sessionTitle: string, requestId: string, transcript: readonly ItemView[]): string {
  const title = inert(sessionTitle);
  const item = transcript.findLast(
    ({ permission, question, planKey }) =>
      permission?.requestId === requestId || question?.requestId === requestId || planKey === requestId,
  );
  const by = item?.permission?.decidedBy ?? item?.question?.decidedBy;
  const ended = by === undefined ? undefined : endedText(by, title);
  if (ended !== undefined) {
    return ended;
  }
  const answer = answerOf(item);
  if (answer === undefined) {
    return t("“{0}” no longer asks this: it was already answered.", title);
  }
  return by === "policy"
    ? t("A rule already answered this question of “{0}”: {1}.", title, answer)
    : t("You already answered this question of “{0}”: {1}.", title, answer);
}

/** Where nobody answered. */
function endedText(by: string, title: string): string | undefined {
  switch (by) {
    case "stop":
      return t("“{0}” no longer asks this: its turn was stopped.", title);
    case "agent_ended":
      return t("“{0}” no longer asks this: its agent ended.", title);
    case "turn_ended":
      return t("“{0}” no longer asks this: its turn ended.", title);
    default:
      return undefined;
  }
}

function answerOf(item: ItemView | undefined): string | undefined {
  if (item?.permission !== undefined) {
    const { options, chosen } = item.permission;
    const option = options.find(({ optionId }) => optionId === chosen);
    return option === undefined ? undefined : inert(option.name);
  }
  if (item?.question?.decidedBy !== undefined) {
    return outcome(item.question);
  }
  return item?.planKey === undefined || item.status === undefined ? undefined : planOutcome(item.status);
}
