/** What can be done with a session as it stands: one place for rows, menus and pickers. The server has the last word. */

import type { SessionView } from "../protocol/generated.ts";
import { isAsking } from "./forms.ts";

export const VERBS = [
  "answer",
  "signin",
  "open",
  "review",
  "merge",
  "undo",
  "resume",
  "prompt",
  "say",
  "configure",
  "stop",
  "queue",
  "rollback",
  "back",
  "discard",
  "restore",
  "delete",
  "copy",
  "link",
  "unlink",
  "background",
  "pin",
  "unpin",
] as const;
export type Verb = (typeof VERBS)[number];

export function verbsOf(session: SessionView): readonly Verb[] {
  return VERBS.filter((verb) => applies(verb, session));
}

const RUNNING: readonly SessionView["state"][] = ["running", "requires_action", "creating"];

export function applies(verb: Verb, session: SessionView): boolean {
  const isRunning = RUNNING.includes(session.state);
  switch (verb) {
    case "answer":
      return isAsking(session);
    case "signin":
    case "resume":
      return verb === "resume" ? session.canResume : session.needsSignIn && !session.isArchived;
    case "open":
    case "queue":
      return verb === "open" || session.place !== undefined;
    case "review":
      return session.stat.files > 0;
    case "merge":
    case "undo":
      return verb === "merge" ? canMerge(session) : !session.isArchived && session.merged !== undefined;
    case "prompt":
      return !session.isArchived && session.state !== "creating";
    case "say":
    case "stop":
      return canStop(verb, session);
    case "configure":
    case "discard":
    case "copy":
      return !session.isArchived;
    case "rollback":
      return !session.isArchived && !isRunning && session.turns > 0;
    case "back":
      return session.undo !== undefined || session.redo !== undefined;
    case "restore":
    case "delete":
      return session.isArchived;
    case "pin":
    case "unpin":
    case "link":
    case "unlink":
    case "background":
      return isElsewhere(verb, session);
  }
}

/** Where it stands in the list, and in the editor or not. */
function isElsewhere(verb: "pin" | "unpin" | "link" | "unlink" | "background", session: SessionView): boolean {
  switch (verb) {
    case "pin":
    case "unpin":
      return session.isPinned === (verb === "unpin");
    case "link":
      return canLink(session);
    case "unlink":
      return session.linkedTo !== undefined;
    case "background":
      return canGoOn(session);
  }
}

/** Whether what it waits with can be allowed and run in the background. */
function canGoOn({ linkedTo, permissions, proposal }: SessionView): boolean {
  return linkedTo !== undefined && (permissions.length > 0 || proposal !== undefined);
}

/** As a whole: work that needs what the user has not committed may have been left for later. */
function isMerged({ merged }: SessionView): boolean {
  return merged !== undefined && merged.leftOut === 0;
}

function canMerge(session: SessionView): boolean {
  const { isArchived, stat, state } = session;
  return !isArchived && !RUNNING.includes(state) && !isMerged(session) && stat.files > 0;
}

/** What waits for others can be stopped before it began: what is queued is dropped. */
function canStop(verb: "say" | "stop", { isStopping, place, state }: SessionView): boolean {
  const isBegun = RUNNING.includes(state) && !isStopping;
  return verb === "stop" ? isBegun || place !== undefined : isBegun && state !== "creating";
}

function canLink(session: SessionView): boolean {
  const { isArchived, linkedTo, state } = session;
  return !isArchived && linkedTo === undefined && !isMerged(session) && state !== "creating";
}
