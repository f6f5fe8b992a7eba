/** Which session a command is about: the row it came from, or the one that is picked. */

import { QuickPickItemKind, ThemeIcon, window, type QuickPickItem } from "vscode";
import type { SessionView, Verb } from "../protocol/generated.ts";
import { groups } from "../sessions/buckets.ts";
import { applies, reasonAgainst } from "../sessions/verbs.ts";
import { Cancelled, Failed, type Failure } from "../shared/failure.ts";
import { t, told } from "../shared/l10n.ts";
import { iconless, inert } from "../shared/text.ts";
import { iconOf, rowOf } from "../views/rows.ts";
import { LOST_ROW, type Context } from "./context.ts";

interface SessionItem extends QuickPickItem {
  readonly session?: SessionView;
}

/** The session to do `verb` with; throws `Cancelled` when none is picked and `Failed` when none can be. */
export async function sessionFor(context: Context, verb: Verb, argument: unknown): Promise<SessionView> {
  const id = sessionIdOf(argument);
  if (id !== undefined) {
    const session = context.sessions.get(id);
    if (session === undefined) {
      throw new Failed({ reason: "no_session", message: t("That session does not exist any more."), action: "" });
    }
    return session;
  }
  if (argument === LOST_ROW) {
    // Whatever else were offered here, Enter would do it to a session that nobody clicked.
    throw new Failed({
      reason: "row_lost",
      message: t("The list changed as you clicked. Nothing was done."),
      action: t("Click on the row again."),
    });
  }
  const candidates = await loaded(context, (session) => applies(verb, session));
  const selected = candidates.find((session) => session.id === context.tree.selected);
  const ordered = selected === undefined ? candidates : [selected, ...candidates.filter((each) => each !== selected)];
  return pickSession(context, ordered, t("Pick a session"));
}

/** Those of several selected rows with which `verb` can be done, else the one of `sessionFor`. */
export async function sessionsFor(context: Context, verb: Verb, argument: unknown): Promise<readonly SessionView[]> {
  if (!Array.isArray(argument)) {
    return [await sessionFor(context, verb, argument)];
  }
  const ids = new Set(argument.map(sessionIdOf));
  const selected = context.sessions.all.filter(({ id }) => ids.has(id));
  const fit = selected.filter((session) => applies(verb, session));
  if (fit.length === 0) {
    throw new Failed(nothingApplies(selected.map((session) => reasonAgainst(verb, session))));
  }
  return fit;
}

export async function pickSession(
  context: Context,
  sessions: readonly SessionView[],
  placeHolder: string,
): Promise<SessionView> {
  if (sessions.length === 0) {
    throw new Failed(nothingApplies([]));
  }
  const items = groups(sessions, context.sessions.buckets).flatMap(({ bucket, sessions: members }): SessionItem[] => [
    { label: told(bucket.name), kind: QuickPickItemKind.Separator },
    ...members.map((session) => itemOf(context, session)),
  ]);
  const chosen = await window.showQuickPick(items, { placeHolder, matchOnDescription: true });
  if (chosen?.session === undefined) {
    throw new Cancelled();
  }
  return chosen.session;
}

/** With the server's reasons where it has some for what was selected. */
function nothingApplies(reasons: readonly (string | undefined)[]): Failure {
  const told = [...new Set(reasons)].filter((reason) => reason !== undefined);
  if (told.length > 0) {
    return { reason: "nothing_applies", message: told.map(inert).join(" "), action: "" };
  }
  return {
    reason: "nothing_applies",
    message: t("There is no session to do this with now."),
    action: t("Delegate a task first, or look at the panel for what each session can do."),
  };
}

async function loaded(context: Context, isWanted: (session: SessionView) => boolean): Promise<SessionView[]> {
  await context.sessions.loaded();
  return context.sessions.all.filter(isWanted);
}

function itemOf(context: Context, session: SessionView): SessionItem {
  const row = rowOf(session, { nowMs: Date.now(), isHere: context.folders.holds(session.repository) });
  const iconPath = new ThemeIcon(iconOf(session).name);
  return { label: iconless(row.label), description: iconless(row.description), iconPath, session };
}

/** The session that a command was called for: a row, an id, or something that names one. */
export function sessionIdOf(argument: unknown): string | undefined {
  if (typeof argument === "string") {
    return argument;
  }
  if (typeof argument === "object" && argument !== null && "sessionId" in argument) {
    return typeof argument.sessionId === "string" ? argument.sessionId : undefined;
  }
  return undefined;
}
