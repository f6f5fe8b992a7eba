/** What a session or a turn took, as people read it. What nobody told is said to be unknown, an estimate to be one. */

import type { CostView, SessionView, TokensView } from "../protocol/generated.ts";
import { t } from "../shared/l10n.ts";
import { inert } from "../shared/text.ts";

/** Less than what rounds to a cent is said to be less. */
const CENT = 0.005;

/** `0.42 USD`, `≈0.42 USD` for an estimate. */
export function costText(cost: CostView | undefined): string {
  if (cost === undefined) {
    return t("unknown");
  }
  const { amount } = cost;
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  const shown = amount > 0 && amount < CENT ? `<${(0.01).toLocaleString()}` : amount.toLocaleString(undefined, digits);
  return inert(`${cost.isEstimate ? "≈" : ""}${shown} ${cost.currency ?? ""}`.trimEnd());
}

/** How an amount is spoken and explained, where a sign alone would not do. */
export function costExplained(cost: CostView | undefined): string {
  return cost?.isEstimate === true ? t("{0} (estimate by list prices)", costText(cost)) : costText(cost);
}

/** `1,200 in, 34 out`. */
export function tokensText(tokens: TokensView | undefined): string {
  const counts: readonly (readonly [string, number | undefined])[] = [
    [t("in"), tokens?.input],
    [t("out"), tokens?.output],
    [t("cached"), tokens?.cached],
    [t("written to cache"), tokens?.cachedWrite],
    [t("thought"), tokens?.thought],
  ];
  const known = counts.flatMap(([name, count]) => (count === undefined ? [] : [`${count.toLocaleString()} ${name}`]));
  return known.length === 0 ? t("unknown") : known.join(", ");
}

/** Everything that is known of a session's usage, in one line. */
export function usageText(session: SessionView): string {
  return [
    t("Cost: {0}", costExplained(session.cost)),
    t("Context: {0}", contextText(session)),
    t("Tokens: {0}", tokensText(session.tokens)),
  ].join(" · ");
}

/** `23%` of the context window. */
export function contextShare(session: SessionView): string {
  return windowOf(session)?.share ?? t("unknown");
}

/** `23% of 200,000 tokens`. */
export function contextText(session: SessionView): string {
  const window = windowOf(session);
  return window === undefined ? t("unknown") : t("{0} of {1} tokens", window.share, window.size.toLocaleString());
}

function windowOf({ contextUsed, contextSize }: SessionView): { share: string; size: number } | undefined {
  if (contextUsed === undefined || contextSize === undefined || contextSize === 0) {
    return undefined;
  }
  return { share: `${Math.round((100 * contextUsed) / contextSize)}%`, size: contextSize };
}
