/** What the commands act on. */

import type { Server } from "../client/server.ts";
import type { Panes } from "../panes/panes.ts";
import type { Pairing } from "../pairing/pairing.ts";
import type { Merging } from "../pairing/mergeEditor.ts";
import type { Sides } from "../pairing/sideDocuments.ts";
import type { Threads } from "../pairing/threads.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Reporter } from "../shared/report.ts";
import type { AgentTree } from "../views/agentTree.ts";
import type { Folders } from "../views/folders.ts";
import type { SessionTree } from "../views/tree.ts";
import type { PromptEditor } from "./promptEditor.ts";

export interface Context {
  readonly server: Server;
  readonly sessions: Sessions;
  readonly folders: Folders;
  readonly panes: Panes;
  readonly pairing: Pairing;
  readonly merging: Merging;
  readonly sides: Sides;
  readonly threads: Threads;
  readonly tree: SessionTree;
  readonly agents: AgentTree;
  readonly promptEditor: PromptEditor;
  readonly reporter: Reporter;
  readonly extensionVersion: string;
  /** Of all settings, in full. */
  readonly settingNames: readonly string[];
  /** Where the editor keeps this window's log. */
  readonly logFile: string;
}

/** Stands for a row that was clicked but cannot be told any more. */
export const LOST_ROW = Symbol("lost row");

/** `argument` is what the caller gave: a tree node, a session id, or nothing from the palette. */
export type Handler = (context: Context, argument: unknown) => Promise<void>;
