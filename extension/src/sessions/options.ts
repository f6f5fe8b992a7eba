/** The answers that an agent offers. Goes by kind, never by label. */

import type { OptionKind } from "../protocol/generated.ts";
import { t } from "../shared/l10n.ts";

/** What an answer means, in Segue's own words beside the agent's label. */
export function meaning(kind: OptionKind): string {
  switch (kind) {
    case "allow_once":
      return t("allows this once");
    case "allow_always":
      return t("allows this from now on");
    case "reject_once":
      return t("refuses this once");
    case "reject_always":
      return t("refuses this from now on");
    case "unknown":
      return t("a kind of answer that this version does not know");
  }
}
