/** The one door to translations. */

import { l10n } from "vscode";

/** A `PhraseView` of the protocol, which this folder does not know. */
interface Phrase {
  readonly text: string;
  readonly values: readonly (string | Phrase)[];
}

/** `text` in the language of the editor, with `{0}`, `{1}`… replaced. */
export function t(text: string, ...values: readonly (string | number)[]): string {
  return l10n.t(text, ...values);
}

/** A text of the server's in the language of the editor. */
export function told({ text, values }: Phrase): string {
  return l10n.t(text, ...values.map((value) => (typeof value === "string" ? value : told(value))));
}
