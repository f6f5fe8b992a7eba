/** Ways back: undo, redo, rolling back to a turn, deleting. Knows the order of questions; every rule is the server's. */

import { QuickPickItemKind, ThemeIcon, window, type QuickPickItem } from "vscode";
import {
  deleteSession,
  listUndo,
  prompt,
  rollBack,
  showSession,
  undo,
  type ActionView,
  type RollBackParams,
  type SessionView,
  type TurnView,
} from "../protocol/generated.ts";
import { Cancelled, Failed } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { age, iconless, inert } from "../shared/text.ts";
import type { Context } from "./context.ts";
import { sessionFor, sessionIdOf } from "./pick.ts";

type Side = NonNullable<RollBackParams["side"]>;

interface Checkpoint {
  readonly turn: number;
  readonly side: Side;
}

/** Undo what was done last, or something before; from a row only what was done to that session. */
export async function undoAction(context: Context, argument: unknown): Promise<void> {
  const sessionId = sessionIdOf(argument);
  const { actions } = await context.server.request(listUndo, sessionId === undefined ? {} : { sessionId });
  const action = await pickAction(actions.filter(({ canUndo }) => canUndo));
  await applyUndo(context, action.sessionId, action.number);
}

/** `argument` may name the checkpoint too, as the transcript does: `{ sessionId, turn, side }`. */
export async function rollBackTo(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "rollback", argument);
  const checkpoint = checkpointOf(argument) ?? (await pickCheckpoint(context, session));
  const { number, notice } = await during(t("Rolling “{0}” back", inert(session.title)), () =>
    context.server.request(rollBack, { sessionId: session.id, ...checkpoint }),
  );
  const text = t("“{0}” was rolled back to {1}.", inert(session.title), nameOf(checkpoint));
  context.reporter.report(offer(context, { sessionId: session.id, text, notice, number }), t("undoing a rollback"));
}

export async function deleteForGood(context: Context, argument: unknown): Promise<void> {
  const session = await sessionFor(context, "delete", argument);
  const yes = t("Delete");
  const detail = t(
    "It leaves the list and its branch goes. Until its snapshots expire, Undo Last Action brings all of it back.",
  );
  const question = t("Delete “{0}”?", inert(session.title));
  if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) {
    throw new Cancelled();
  }
  const { number } = await context.server.request(deleteSession, { sessionId: session.id });
  const text = t("“{0}” was deleted.", inert(session.title));
  context.reporter.report(offer(context, { sessionId: session.id, text, number }), t("undoing a deletion"));
}

interface Offer {
  readonly sessionId: string;
  /** What was done. */
  readonly text: string;
  /** A prompt that tells the agent. */
  readonly notice?: string | undefined;
  /** The entry of the undo log that leads back. */
  readonly number?: number | undefined;
}

async function offer(context: Context, { sessionId, text, notice, number }: Offer): Promise<void> {
  const [tell, back] = [t("Tell the Agent"), t("Undo")];
  const choices = [...(notice === undefined ? [] : [tell]), ...(number === undefined ? [] : [back])];
  const chosen = await window.showInformationMessage(text, ...choices);
  if (chosen === tell && notice !== undefined) {
    await context.server.request(prompt, { sessionId, text: notice });
  } else if (chosen === back && number !== undefined) {
    await applyUndo(context, sessionId, number);
  }
}

async function applyUndo(context: Context, sessionId: string, number: number): Promise<void> {
  const done = await during(t("Undoing"), () => context.server.request(undo, { sessionId, number }));
  const text = t("“{0}” was undone for “{1}”.", done.action.title, inert(done.session.title));
  const redo = done.session.redo?.number;
  const { notice } = done;
  context.reporter.report(offer(context, { sessionId, text, notice, number: redo }), t("redoing"));
}

async function pickAction(actions: readonly ActionView[]): Promise<ActionView> {
  if (actions.length === 0) {
    throw new Failed({ reason: "nothing_to_undo", message: t("There is nothing that could be undone."), action: "" });
  }
  const items = actions.map((action) => ({
    label: iconless(action.kind === "undo" ? t("Redo: {0}", action.title) : action.title),
    description: iconless(`${inert(action.sessionTitle)} · ${age(Date.now() - action.atMs)}`),
    iconPath: new ThemeIcon(action.kind === "undo" ? "redo" : "discard"),
    action,
  }));
  const placeHolder = t("Undo what? What stands there now is kept first");
  const chosen = await window.showQuickPick(items, { placeHolder, matchOnDescription: true });
  if (chosen === undefined) {
    throw new Cancelled();
  }
  return chosen.action;
}

async function pickCheckpoint(context: Context, session: SessionView): Promise<Checkpoint> {
  const { turns } = await context.server.request(showSession, { sessionId: session.id });
  const title = t("Roll “{0}” back", inert(session.title));
  const placeHolder = t("To which point? The files as they are now are kept, and Undo brings them back");
  const chosen = await window.showQuickPick(checkpointItems(turns), { title, placeHolder, matchOnDescription: true });
  if (chosen?.checkpoint === undefined) {
    throw new Cancelled();
  }
  return chosen.checkpoint;
}

interface CheckpointItem extends QuickPickItem {
  readonly checkpoint?: Checkpoint;
}

/** Newest first; what stood after a turn stands before the next one too, so only the last turn shows both. */
function checkpointItems(turns: readonly TurnView[]): readonly CheckpointItem[] {
  const newest = turns.at(-1)?.number;
  return turns.toReversed().flatMap((turn): CheckpointItem[] => {
    const sides: Side[] = [
      ...(turn.after !== undefined && turn.number === newest ? (["after"] as const) : []),
      ...(turn.before === undefined ? [] : (["before"] as const)),
    ];
    const points = sides.map((side) => ({ turn: turn.number, side }));
    return [
      { label: inert(turn.prompt.split("\n", 1)[0] ?? "").slice(0, 80), kind: QuickPickItemKind.Separator },
      ...points.map((checkpoint) => ({ label: nameOf(checkpoint), iconPath: new ThemeIcon("history"), checkpoint })),
    ];
  });
}

function nameOf({ turn, side }: Checkpoint): string {
  return side === "before" ? t("Before turn {0}", turn) : t("After turn {0}", turn);
}

function checkpointOf(argument: unknown): Checkpoint | undefined {
  if (typeof argument !== "object" || argument === null || !("turn" in argument) || typeof argument.turn !== "number") {
    return undefined;
  }
  const isAfter = "side" in argument && argument.side === "after";
  return { turn: argument.turn, side: isAfter ? "after" : "before" };
}

function during<T>(title: string, task: () => Promise<T>): Thenable<T> {
  return window.withProgress({ location: { viewId: "segue.sessions" }, title }, task);
}
