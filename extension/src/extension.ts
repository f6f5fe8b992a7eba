/** Puts the extension together. Knows every part once; decides nothing. */

import { join } from "node:path";
import { window, type ExtensionContext, type LogOutputChannel, type Memento } from "vscode";
import { Installation } from "./client/installation.ts";
import { Server } from "./client/server.ts";
import { readShipped } from "./client/bundledServer.ts";
import { PromptEditor } from "./commands/promptEditor.ts";
import { registerCommands } from "./commands/table.ts";
import { AgentDocuments } from "./panes/worktreeDocuments.ts";
import { Drafts } from "./panes/drafts.ts";
import { Panes } from "./panes/panes.ts";
import { PairActions } from "./pairing/actions.ts";
import { PairingBar } from "./pairing/bar.ts";
import { HunkDecorations } from "./pairing/decorations.ts";
import { HunkLenses } from "./pairing/lenses.ts";
import { Merging } from "./pairing/mergeEditor.ts";
import { Pairing } from "./pairing/pairing.ts";
import { ProposalProblems } from "./pairing/problems.ts";
import { Sides } from "./pairing/sideDocuments.ts";
import { SavingNotice } from "./pairing/autoSaveNotice.ts";
import { Threads } from "./pairing/threads.ts";
import { Unsaved } from "./pairing/unsaved.ts";
import { ReviewDocuments } from "./review/virtualDocuments.ts";
import { Sessions } from "./sessions/sessions.ts";
import type { Ending } from "./shared/disposable.ts";
import { createReporter, type Reporter } from "./shared/report.ts";
import { AgentTree } from "./views/agentTree.ts";
import { Folders } from "./views/folders.ts";
import { Health } from "./views/health.ts";
import { Notifications, type NotificationParts } from "./views/notifications.ts";
import { StatusItem } from "./views/status.ts";
import { SessionTree } from "./views/tree.ts";
import { WelcomeContext } from "./views/welcome.ts";

interface Manifest {
  readonly version: string;
  readonly contributes: { readonly configuration: { readonly properties: object } };
}

let running: Server | undefined;

export function activate({ subscriptions, extension, logUri, workspaceState }: ExtensionContext): void {
  const own = <T extends { dispose(): unknown }>(part: T): T => {
    subscriptions.push(part);
    return part;
  };
  const log = own(window.createOutputChannel("Segue", { log: true }));
  const reporter = createReporter(log);
  const { version, contributes } = extension.packageJSON as Manifest;
  const server = own(new Server({ reporter, version, installation: installationOf(extension.extensionPath, log) }));
  const sessions = own(new Sessions(server, reporter));
  const folders = own(new Folders(server, reporter));
  const tree = own(new SessionTree(sessions, folders));
  const documents = own(new AgentDocuments(sessions));
  const drafts = own(new Drafts(workspaceState));
  const panes = own(new Panes(extension.extensionUri, { server, sessions, documents, drafts, reporter }));
  const pairing = own(new Pairing({ server, sessions, folders }));
  pairingParts(pairing, reporter).forEach(own);
  [new ReviewDocuments(server), new StatusItem(server, sessions), new Health(server, reporter)].forEach(own);
  const shown = { server, sessions, folders, reporter };
  const eyes = eyesOf(panes, tree, workspaceState);
  [new WelcomeContext({ ...shown, tree }), new Notifications({ ...shown, ...eyes })].forEach(own);
  registerCommands({
    server,
    sessions,
    folders,
    panes,
    pairing,
    ...pairingTexts(own),
    threads: own(new Threads(sessions, pairing, workspaceState)),
    tree,
    agents: own(new AgentTree(server, sessions, reporter)),
    promptEditor: own(new PromptEditor()),
    reporter,
    extensionVersion: version,
    settingNames: Object.keys(contributes.configuration.properties),
    logFile: join(logUri.fsPath, "Segue.log"),
  }).forEach(own);
  running = server;
  server.start();
}

/** What the user sees anyway, or is about to see, and what was told before a reload. */
function eyesOf(
  panes: Panes,
  tree: SessionTree,
  memory: Memento,
): Pick<NotificationParts, "isInSight" | "isComing" | "memory"> {
  return {
    memory,
    isInSight: (id) => panes.isInSight(id),
    isComing: (id) => tree.isVisible && panes.isComing(id),
  };
}

/** How the server that came along is set up; undefined where none did. */
function installationOf(extensionPath: string, log: LogOutputChannel): Installation | undefined {
  const shipped = readShipped(extensionPath + "/dist/server");
  return shipped === undefined ? undefined : new Installation(shipped, log);
}

/** Texts of links that are in no file. */
function pairingTexts(own: <T extends Ending>(part: T) => T): { readonly merging: Merging; readonly sides: Sides } {
  return { merging: own(new Merging()), sides: own(new Sides()) };
}

/** What shows the agent's changes in the editors. */
function pairingParts(pairing: Pairing, reporter: Reporter): readonly Ending[] {
  return [
    new HunkDecorations(pairing),
    new HunkLenses(pairing),
    new PairActions(),
    new ProposalProblems(pairing),
    new PairingBar(pairing),
    new SavingNotice(pairing),
    new Unsaved(pairing, reporter),
  ];
}

export async function deactivate(): Promise<void> {
  await running?.stop();
}
