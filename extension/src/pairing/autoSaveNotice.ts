/** Link rule 10: where files are saved or formatted by themselves, what that does with the agent's changes is said once. */

import { Uri, window, workspace } from "vscode";
import { Disposable } from "../shared/disposable.ts";
import { t } from "../shared/l10n.ts";
import type { Pairing } from "./pairing.ts";

export class SavingNotice extends Disposable {
  private readonly pairing: Pairing;
  private readonly told = new Set<string>();

  constructor(pairing: Pairing) {
    super();
    this.pairing = pairing;
    this.register(pairing.onChange(() => this.tell()));
    this.tell();
  }

  private tell(): void {
    const changed = this.pairing.links.flatMap(({ files }) => files.filter(({ hunks }) => hunks.length > 0));
    const open = workspace.textDocuments.filter(({ uri }) => (this.pairing.fileAt(uri)?.file.hunks.length ?? 0) > 0);
    const places = [...changed.map(({ uri }) => Uri.parse(uri)), ...open];
    const isSaved = places.some((place) => workspace.getConfiguration("files", place).get("autoSave") !== "off");
    const isFormatted = places.some(
      (place) => workspace.getConfiguration("editor", place).get("formatOnSave") === true,
    );
    const fresh = [
      isSaved
        ? t("Auto Save is on: changes of the agent are saved together with yours before you decide on them.")
        : "",
      isFormatted
        ? t(
            "Format On Save is on: changes of the agent are laid out with yours; one where the formatter edits a single place counts as yours.",
          )
        : "",
    ].filter((text) => text !== "" && !this.told.has(text));
    if (fresh.length > 0) {
      fresh.forEach((text) => this.told.add(text));
      void window.showInformationMessage(fresh.join(" "));
    }
  }
}
