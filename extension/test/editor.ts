/** Stands in for the editor in unit tests: translations only, so that whoever needs more is found out. */

import { registerHooks } from "node:module";

const SOURCE = `
export const l10n = {
  t: (text, ...values) => text.replace(/\\{(\\d+)\\}/g, (whole, index) => values[Number(index)] ?? whole),
};`;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "vscode"
      ? { url: "segue-test:vscode", format: "module", shortCircuit: true }
      : next(specifier, context),
  load: (url, context, next) =>
    url === "segue-test:vscode" ? { format: "module", source: SOURCE, shortCircuit: true } : next(url, context),
});
