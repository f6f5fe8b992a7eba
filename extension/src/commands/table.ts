/** Every command of Segue, once. */

import { commands, type TextDocument } from "vscode";
import type { Ending } from "../shared/disposable.ts";
import { Cancelled } from "../shared/failure.ts";
import { Order } from "../shared/sequence.ts";
import {
  checkAgent,
  installAgent,
  newSessionWith,
  openAgent,
  openAgentSettings,
  refreshAgents,
  removeAgent,
  showAgents,
  signIn,
} from "./agents.ts";
import { answerRequest } from "./answer.ts";
import { runInBackground } from "./background.ts";
import { configureSession } from "./configure.ts";
import { LOST_ROW, type Context, type Handler } from "./context.ts";
import { delegate, delegateExample, delegatePlan } from "./delegate.ts";
import { showDiskUsage } from "./disk.ts";
import { outOfCode } from "./focus.ts";
import { discard, restoreSession, resumeTurn, sayNow, sendPrompt, stopTurn } from "./lifecycle.ts";
import { copyWorktreePath, nextSession, openInEditor, openSession, reviewChanges, showSessions } from "./open.ts";
import { mergeSessions, undoLastMerge } from "./merge.ts";
import { completeMerge, mergeProposal } from "./mergeProposal.ts";
import { clearFilter, filterSessions, pinSession, unpinSession } from "./panel.ts";
import {
  acceptAll,
  acceptFile,
  acceptHunk,
  discussHunk,
  keepMine,
  nextHunk,
  previousHunk,
  rejectAll,
  rejectFile,
  rejectHunk,
  rejectHunkWithReason,
  showWas,
  takeTheirs,
  undoLastDecision,
} from "./hunks.ts";
import { addToReview, closeThread, finishPairing, pairHere, send, sendReview, shareEdits } from "./pair.ts";
import { pairingMenu } from "./pairingMenu.ts";
import { peek } from "./peek.ts";
import { reportProblem } from "./problem.ts";
import { moveTo, startQueued } from "./queue.ts";
import { showRules } from "./rules.ts";
import { examine, restartServer, showLogs } from "./server.ts";
import { bringIntoEditor, sendToBackground, switchSession } from "./switch.ts";
import { deleteForGood, rollBackTo, undoAction } from "./undo.ts";

export type CommandId =
  | "segue.acceptAll"
  | "segue.acceptFile"
  | "segue.acceptHunk"
  | "segue.addToReview"
  | "segue.agents"
  | "segue.addAgent"
  | "segue.installAgent"
  | "segue.newWithAgent"
  | "segue.openAgent"
  | "segue.refreshAgents"
  | "segue.removeAgent"
  | "segue.answer"
  | "segue.checkAgent"
  | "segue.clearFilter"
  | "segue.configure"
  | "segue.closeThread"
  | "segue.completeMerge"
  | "segue.copyWorktreePath"
  | "segue.delegate"
  | "segue.delegateExample"
  | "segue.delegatePlan"
  | "segue.delete"
  | "segue.discard"
  | "segue.discussHunk"
  | "segue.diskUsage"
  | "segue.doctor"
  | "segue.filter"
  | "segue.finish"
  | "segue.keepMine"
  | "segue.link"
  | "segue.merge"
  | "segue.mergeProposal"
  | "segue.moveDown"
  | "segue.moveFirst"
  | "segue.moveUp"
  | "segue.nextHunk"
  | "segue.nextSession"
  | "segue.open"
  | "segue.openInEditor"
  | "segue.pair"
  | "segue.pairing"
  | "segue.peek"
  | "segue.pin"
  | "segue.previousHunk"
  | "segue.prompt"
  | "segue.rejectAll"
  | "segue.rejectFile"
  | "segue.rejectHunk"
  | "segue.rejectHunkWithReason"
  | "segue.reportProblem"
  | "segue.restart"
  | "segue.restore"
  | "segue.resume"
  | "segue.review"
  | "segue.rollBack"
  | "segue.rules"
  | "segue.runInBackground"
  | "segue.sayNow"
  | "segue.sendComments"
  | "segue.sendPrompt"
  | "segue.sendReply"
  | "segue.shareEdits"
  | "segue.showLog"
  | "segue.showSessions"
  | "segue.signIn"
  | "segue.showWas"
  | "segue.startNow"
  | "segue.stop"
  | "segue.switch"
  | "segue.takeTheirs"
  | "segue.undo"
  | "segue.undoDecision"
  | "segue.undoMerge"
  | "segue.unlink"
  | "segue.unpin";

export const COMMANDS: Readonly<Record<CommandId, Handler>> = {
  "segue.agents": showAgents,
  "segue.addAgent": openAgentSettings,
  "segue.installAgent": installAgent,
  "segue.newWithAgent": newSessionWith,
  "segue.openAgent": openAgent,
  "segue.refreshAgents": refreshAgents,
  "segue.removeAgent": removeAgent,
  "segue.answer": answerRequest,
  "segue.checkAgent": checkAgent,
  "segue.clearFilter": clearFilter,
  "segue.configure": configureSession,
  "segue.copyWorktreePath": copyWorktreePath,
  "segue.delegate": delegate,
  "segue.delete": deleteForGood,
  "segue.delegateExample": delegateExample,
  "segue.delegatePlan": delegatePlan,
  "segue.discard": discard,
  "segue.diskUsage": showDiskUsage,
  "segue.doctor": examine,
  "segue.filter": filterSessions,
  "segue.merge": mergeSessions,
  "segue.moveDown": moveTo("down"),
  "segue.moveFirst": moveTo("first"),
  "segue.moveUp": moveTo("up"),
  "segue.nextSession": nextSession,
  "segue.open": openSession,
  "segue.openInEditor": openInEditor,
  "segue.peek": peek,
  "segue.pin": pinSession,
  "segue.prompt": sendPrompt,
  "segue.reportProblem": reportProblem,
  "segue.restart": restartServer,
  "segue.restore": restoreSession,
  "segue.resume": resumeTurn,
  "segue.review": reviewChanges,
  "segue.rollBack": rollBackTo,
  "segue.rules": showRules,
  "segue.runInBackground": runInBackground,
  "segue.sayNow": sayNow,
  "segue.sendPrompt": async ({ promptEditor }) => {
    await promptEditor.submit();
  },
  "segue.showLog": showLogs,
  "segue.showSessions": showSessions,
  "segue.signIn": signIn,
  "segue.startNow": startQueued,
  "segue.stop": stopTurn,
  "segue.undo": undoAction,
  "segue.undoMerge": undoLastMerge,
  "segue.unpin": unpinSession,
  "segue.acceptAll": acceptAll,
  "segue.acceptFile": acceptFile,
  "segue.acceptHunk": acceptHunk,
  "segue.addToReview": addToReview,
  "segue.closeThread": closeThread,
  "segue.discussHunk": discussHunk,
  "segue.finish": finishPairing,
  "segue.keepMine": keepMine,
  "segue.link": bringIntoEditor,
  "segue.completeMerge": completeMerge,
  "segue.mergeProposal": mergeProposal,
  "segue.nextHunk": nextHunk,
  "segue.pair": pairHere,
  "segue.pairing": pairingMenu,
  "segue.previousHunk": previousHunk,
  "segue.rejectAll": rejectAll,
  "segue.rejectFile": rejectFile,
  "segue.rejectHunk": rejectHunk,
  "segue.rejectHunkWithReason": rejectHunkWithReason,
  "segue.sendComments": sendReview,
  "segue.sendReply": send,
  "segue.shareEdits": shareEdits,
  "segue.showWas": showWas,
  "segue.takeTheirs": takeTheirs,
  "segue.undoDecision": undoLastDecision,
  "segue.switch": switchSession,
  "segue.unlink": sendToBackground,
};

/** What takes all selected rows; the editor gives them behind the one that was clicked. */
const MANY: ReadonlySet<string> = new Set<CommandId>(["segue.discard", "segue.merge", "segue.stop"]);

/** What decides on changes or goes to them: done in the order of the keys, each with what the one before left. */
const IN_ORDER: ReadonlySet<string> = new Set<CommandId>([
  "segue.acceptAll",
  "segue.acceptFile",
  "segue.acceptHunk",
  "segue.discussHunk",
  "segue.keepMine",
  "segue.nextHunk",
  "segue.previousHunk",
  "segue.rejectFile",
  "segue.rejectHunk",
  "segue.showWas",
  "segue.takeTheirs",
  "segue.undoDecision",
]);

/** What looks at changes and then asks: it waits for those, and nothing waits for its answer. */
const AFTER_THOSE: ReadonlySet<string> = new Set<CommandId>([
  "segue.finish",
  "segue.link",
  "segue.mergeProposal",
  "segue.pair",
  "segue.pairing",
  "segue.rejectAll",
  "segue.rejectHunkWithReason",
  "segue.sendComments",
  "segue.shareEdits",
  "segue.switch",
  "segue.unlink",
]);

/** What opens something to write in: from its first moment no key reaches the code. */
const OUT_OF_CODE: ReadonlySet<string> = new Set<CommandId>([
  "segue.discussHunk",
  "segue.pair",
  "segue.rejectHunkWithReason",
]);

/** What the bindings of keys in the list of sessions name: the row that the arrow keys have reached. */
const FOCUSED_ROW = "focused";

async function focusedRow({ tree }: Context): Promise<string> {
  const id = await tree.focused();
  if (id === undefined) {
    throw new Cancelled();
  }
  return id;
}

/** Nothing here is awaited by the editor: what goes wrong is reported. */
export function registerCommands(context: Context): readonly Ending[] {
  const order = new Order();
  const run = async (id: string, act: () => Promise<void>): Promise<void> => {
    if (IN_ORDER.has(id)) {
      await order.run(act);
      return;
    }
    if (AFTER_THOSE.has(id)) {
      await order.settled();
    }
    await act();
  };
  return Object.entries(COMMANDS).map(([id, handler]) =>
    commands.registerCommand(id, (...args: readonly unknown[]) => {
      // The editor passes undefined for a row that it was just reading anew when its button was pressed.
      const clicked = args.length > 0 && args[0] === undefined ? LOST_ROW : args[0];
      const several = MANY.has(id) && Array.isArray(args[1]) && args[1].length > 1 ? args[1] : undefined;
      const argument = several?.includes(undefined) === true ? LOST_ROW : (several ?? clicked);
      const act = async () => handler(context, argument === FOCUSED_ROW ? await focusedRow(context) : argument);
      const inTurn = (task: () => Promise<void>) => run(id, task);
      const hold = (document: TextDocument) => context.server.hold(document);
      context.reporter.report(OUT_OF_CODE.has(id) ? outOfCode(act, inTurn, hold) : inTurn(act), `running ${id}`);
    }),
  );
}
