/** What a permission request says, as far as its layout goes. The texts are the server's; answers go by kind, never by label. */

import type { OptionView, PermissionView } from "../protocol/generated.ts";
import { told } from "../shared/l10n.ts";

export function isRefusal({ kind }: OptionView): boolean {
  return kind === "reject_once" || kind === "reject_always";
}

/** The whole of a request in words, each fact on a line; a command that is the title already is not said twice. */
export function requestText({ title, facts }: PermissionView): string {
  const news = facts.filter(({ values }) => values.some((value) => value !== title));
  return [title, ...news.map(({ name, values }) => `${told(name)}: ${values.join(", ")}`)].join("\n");
}
