/** Reviewing in VS Code's multi-diff editor. Knows the window's diff commands; the choice of files is made elsewhere. */

import { commands, Uri, window } from "vscode";
import type { Server } from "../client/server.ts";
import { changeset, seen, type ChangesetView, type SessionView } from "../protocol/generated.ts";
import { t } from "../shared/l10n.ts";
import { inert } from "../shared/text.ts";
import { documentUri, resultUri } from "./virtualDocuments.ts";
import { reviewOf, type Triple } from "./multiDiff.ts";

type Resource = readonly [Uri, Uri | undefined, Uri | undefined];

/** Open what the session changed since its base, side by side. */
export async function openReview(server: Server, session: SessionView): Promise<void> {
  const answer = await server.request(changeset, { sessionId: session.id });
  const review = reviewOf(session.title, answer.changeset);
  if (review.triples.length > 0) {
    const resources = review.triples.map((triple) => resourceOf(session, triple));
    await commands.executeCommand("vscode.changes", review.title, resources);
  }
  if (review.omissions.length > 0) {
    void window.showInformationMessage(review.omissions.join(" "));
  } else if (review.triples.length === 0) {
    void window.showInformationMessage(t("“{0}” changed nothing.", session.title));
  }
  await server.request(seen, { sessionId: session.id });
}

/** Open what one turn changed, side by side. */
export async function openTurn(session: SessionView, turn: number, changes: ChangesetView): Promise<void> {
  const { triples, omissions } = reviewOf(t("{0}, turn {1}", session.title, turn), changes);
  if (triples.length > 0) {
    const title = t("{0}, turn {1}", inert(session.title), turn);
    await commands.executeCommand(
      "vscode.changes",
      title,
      triples.map((triple) => resourceOf(session, triple)),
    );
  } else {
    const nothing = t("Turn {0} of “{1}” changed nothing.", turn, inert(session.title));
    void window.showInformationMessage(omissions.length > 0 ? omissions.join(" ") : nothing);
  }
}

/** The file is named after its place in the user's checkout, so that "open file" leads there; both sides are virtual. */
function resourceOf(session: SessionView, { path, oldPath, original, modified }: Triple): Resource {
  const place = Uri.joinPath(Uri.file(session.repository), path);
  return [place, documentUri(oldPath, original), resultUri(path, modified)];
}
