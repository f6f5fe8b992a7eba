/** The one door to translations. */

import { l10n } from "vscode";

/** `text` in the language of the editor, with `{0}`, `{1}`… replaced. */
export function t(text: string, ...values: readonly (string | number)[]): string {
  return l10n.t(text, ...values);
}
