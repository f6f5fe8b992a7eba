/** Proposals as warnings: in the Problems view, at F8, and with the sound that a line with a warning has. */

import { Diagnostic, DiagnosticSeverity, languages, Range, Uri } from "vscode";
import { Disposable } from "../shared/disposable.ts";
import { t } from "../shared/l10n.ts";
import { inert } from "../shared/text.ts";
import type { Pairing } from "./pairing.ts";

export class ProposalProblems extends Disposable {
  private readonly pairing: Pairing;
  private readonly found = this.register(languages.createDiagnosticCollection("segue"));

  constructor(pairing: Pairing) {
    super();
    this.pairing = pairing;
    this.register(pairing.onChange(() => this.render()));
  }

  private render(): void {
    const files = this.pairing.links.flatMap((link) => link.files);
    this.found.clear();
    for (const { uri, proposals } of files.filter((file) => file.proposals.length > 0)) {
      const problems = proposals.map(({ startLine, endLine, message }) => {
        const range = new Range(startLine, 0, Math.max(startLine, endLine - 1), Number.MAX_SAFE_INTEGER);
        const problem = new Diagnostic(range, inert(message), DiagnosticSeverity.Warning);
        problem.source = t("Segue");
        return problem;
      });
      this.found.set(Uri.parse(uri), problems);
    }
  }
}
