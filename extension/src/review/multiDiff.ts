/** Changed files as VS Code's multi-diff wants them. Knows sides of a change as strings; opens nothing. */

import type { ChangesetView, FileChangeView } from "../protocol/generated.ts";
import { t } from "../shared/l10n.ts";
import { files, inert, lines } from "../shared/text.ts";

/** URIs of one file: what it is named after, and its two sides where it has them. */
export interface Triple {
  readonly path: string;
  /** Another than `path` where the file was renamed. */
  readonly oldPath: string;
  readonly original: string | undefined;
  readonly modified: string | undefined;
}

export interface Review {
  readonly title: string;
  readonly triples: readonly Triple[];
  /** What the diff does not show, in whole sentences. */
  readonly omissions: readonly string[];
}

export function reviewOf(sessionTitle: string, changeset: ChangesetView): Review {
  const shown = changeset.files.filter(hasDocument);
  const { stat } = changeset;
  const changed = lines(stat.added, stat.removed);
  return {
    title: changed === "" ? inert(sessionTitle) : `${inert(sessionTitle)} · ${changed}`,
    triples: shown.map(({ path, oldPath = path, baseUri, resultUri }) => ({
      path,
      oldPath,
      original: baseUri,
      modified: resultUri,
    })),
    omissions: [...omitted(changeset.files.filter((file) => !isText(file))), ...truncation(changeset)],
  };
}

function hasDocument({ baseUri, resultUri }: FileChangeView): boolean {
  return baseUri !== undefined || resultUri !== undefined;
}

/** The document of a binary file only says that it is one: two versions of it may look alike. */
function isText(file: FileChangeView): boolean {
  return file.kind !== "binary" && hasDocument(file);
}

function omitted(unshown: readonly FileChangeView[]): readonly string[] {
  if (unshown.length === 0) {
    return [];
  }
  const names = unshown.map(({ display, kind, status }) => `${inert(display)} (${kind}, ${status})`);
  return [t("Not shown as text: {0}.", names.join(", "))];
}

function truncation(changeset: ChangesetView): readonly string[] {
  const { isTruncated, stat } = changeset;
  return isTruncated ? [t("Only the first {0} of {1} are listed.", changeset.files.length, files(stat.files))] : [];
}
