/** Stands for the editor in the page, where only its translations are needed; the host hands them over. */

let bundle: Readonly<Record<string, string>> = {};

export function setBundle(words: Readonly<Record<string, string>>): void {
  bundle = words;
}

export const l10n = {
  t: (text: string, ...values: readonly (string | number)[]): string =>
    (bundle[text] ?? text).replace(/\{(\d+)\}/g, (whole, index) => String(values[Number(index)] ?? whole)),
};
