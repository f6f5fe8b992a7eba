/** What a switch moves, and what it leaves alone, in words. Knows counts as the server tells them; asks nothing. */

import type { LeavingView, LinkPreview } from "../protocol/generated.ts";
import { t } from "../shared/l10n.ts";
import { files, inert } from "../shared/text.ts";

type Counts = Pick<LeavingView, "hunks" | "files" | "proposals" | "unshared" | "comments" | "suspended">;

/** What a person should know before a session goes to the background or comes into the editor, in whole sentences. */
export function sentences(preview: LinkPreview): readonly string[] {
  if (preview.to === "background") {
    const goesOn = preview.isTurnRunning ? [t("The agent's turn goes on in the background.")] : [];
    return [...leaving(preview), ...staying(preview), ...goesOn];
  }
  const { unlinks } = preview;
  const leaves =
    unlinks === undefined
      ? []
      : [t("“{0}” is in the editor now; it goes on in the background.", inert(unlinks.title)), ...leaving(unlinks)];
  return [...arriving(preview), ...leaves, ...branches(preview), ...staying(preview)];
}

/** Where the session is based on another branch than the one that is checked out. */
function branches({ baseBranch, checkedOut }: LinkPreview): readonly string[] {
  if (baseBranch === undefined) {
    return [];
  }
  const base = inert(baseBranch);
  return checkedOut === undefined
    ? [t("The session is based on {0}; no branch is checked out.", base)]
    : [t("The session is based on {0}; {1} is checked out.", base, inert(checkedOut))];
}

function leaving({ hunks, files: count, proposals, unshared, comments, suspended }: Counts): readonly string[] {
  const said: string[] = [];
  if (hunks === 1) {
    said.push(t("1 unreviewed hunk in 1 file leaves your buffers; the session keeps it."));
  } else if (hunks > 1) {
    said.push(t("{0} unreviewed hunks in {1} leave your buffers; the session keeps them.", hunks, files(count)));
  }
  if (proposals === 1) {
    said.push(t("1 proposal waits in the session; your lines stay."));
  } else if (proposals > 1) {
    said.push(t("{0} proposals wait in the session; your lines stay.", proposals));
  }
  for (const path of suspended.slice(0, 5)) {
    said.push(
      t(
        "{0}: its text was replaced outside the editor, and changes of the agent are left in it. They leave or stay as you choose. Check this file.",
        inert(path),
      ),
    );
  }
  if (unshared > 0) {
    said.push(t("Edits of yours in {0} have not reached the agent; they stay with you alone.", files(unshared)));
  }
  if (comments === 1) {
    said.push(t("1 comment that you did not send stays with the session, for when you bring it back."));
  } else if (comments > 1) {
    said.push(t("{0} comments that you did not send stay with the session, for when you bring it back.", comments));
  }
  return said;
}

function arriving({ hunks, files: count, proposals }: LinkPreview): readonly string[] {
  const said: string[] = [];
  if (hunks === 1) {
    said.push(t("1 hunk in 1 file comes into your files, for you to decide on."));
  } else if (hunks > 1) {
    said.push(t("{0} hunks in {1} come into your files, for you to decide on.", hunks, files(count)));
  }
  if (proposals === 1) {
    said.push(t("In 1 place you and the agent changed the same; yours stays until you decide."));
  } else if (proposals > 1) {
    said.push(t("In {0} places you and the agent changed the same; yours stays until you decide.", proposals));
  }
  return said.length > 0 ? said : [t("None of your files changes now.")];
}

function staying({ staged, unstaged, untracked, unsaved }: LinkPreview): readonly string[] {
  const kinds = [
    staged > 0 ? t("{0} staged", staged) : "",
    unstaged > 0 ? t("{0} unstaged", unstaged) : "",
    untracked > 0 ? t("{0} untracked", untracked) : "",
    unsaved > 0 ? t("{0} unsaved", unsaved) : "",
  ].filter((kind) => kind !== "");
  return kinds.length === 0 ? [] : [t("Your own work stays: {0}.", kinds.join(", "))];
}
