/** The tree of agents below the sessions. Knows VS Code's tree and when to ask again; how a row looks is known elsewhere. */

import { EventEmitter, MarkdownString, ThemeColor, ThemeIcon, TreeItem, window } from "vscode";
import type { TreeDataProvider, TreeView } from "vscode";
import type { Server } from "../client/server.ts";
import { listAgents, type AgentView } from "../protocol/generated.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { Disposable } from "../shared/disposable.ts";
import { failureOf } from "../shared/failure.ts";
import type { Reporter } from "../shared/report.ts";
import { agentRow, inOrder } from "./agentRows.ts";

export interface AgentNode {
  readonly kind: "agent";
  readonly agent: string;
}

/** How soon to look again at an agent on which Segue is at work. */
const AT_WORK_MS = 1_000;

export class AgentTree extends Disposable implements TreeDataProvider<AgentNode> {
  private readonly changed = this.register(new EventEmitter<undefined>());
  private readonly server: Server;
  private readonly sessions: Sessions;
  private readonly reporter: Reporter;
  private readonly view: TreeView<AgentNode>;
  /** One node for each agent for good: the editor knows rows by their node. */
  private readonly nodesByName = new Map<string, AgentNode>();
  private agents: readonly AgentView[] = [];
  private waitingFor = "";
  private again: NodeJS.Timeout | undefined;

  readonly onDidChangeTreeData = this.changed.event;

  constructor(server: Server, sessions: Sessions, reporter: Reporter) {
    super();
    this.server = server;
    this.sessions = sessions;
    this.reporter = reporter;
    this.view = this.register(window.createTreeView("segue.agentList", { treeDataProvider: this }));
    this.register(this.view.onDidChangeVisibility(() => this.refresh()));
    this.register(server.onState(() => this.refresh()));
    this.register(sessions.onChange(() => this.follow()));
    this.register({ dispose: () => clearTimeout(this.again) });
    this.refresh();
  }

  getChildren(node?: AgentNode): AgentNode[] {
    return node === undefined ? this.agents.map(({ name }) => this.nodeOf(name)) : [];
  }

  getTreeItem({ agent: name }: AgentNode): TreeItem {
    const agent = this.agents.find((each) => each.name === name);
    if (agent === undefined) {
      return new TreeItem("");
    }
    const row = agentRow(agent);
    const item = new TreeItem(row.label);
    item.id = `agent/${name}`;
    item.description = row.description;
    item.tooltip = new MarkdownString(row.tooltip);
    item.iconPath = new ThemeIcon(row.icon.name, new ThemeColor(row.icon.color));
    item.contextValue = row.contextValue;
    item.accessibilityInformation = { label: row.accessibleName };
    return item;
  }

  /** The agent of the selected row. */
  get selected(): string | undefined {
    return this.view.visible ? this.view.selection[0]?.agent : undefined;
  }

  /** Ask the server how the agents stand; nobody is asked for rows that nobody sees. */
  refresh(): void {
    clearTimeout(this.again);
    if (this.server.state.kind !== "running") {
      this.show([]);
    } else if (this.view.visible) {
      this.ask().catch((error: unknown) => this.reporter.log.info(failureOf(error).message));
    }
  }

  private async ask(): Promise<void> {
    const { agents } = await this.server.request(listAgents, {});
    this.show(inOrder(agents));
    clearTimeout(this.again);
    if (agents.some(({ doing }) => doing !== undefined)) {
      this.again = setTimeout(() => this.refresh(), AT_WORK_MS);
    }
  }

  private show(agents: readonly AgentView[]): void {
    if (JSON.stringify(agents) !== JSON.stringify(this.agents)) {
      this.agents = agents;
      this.changed.fire(undefined);
    }
  }

  /** A session that waits for a sign-in, or no longer does, changes its agent's row. */
  private follow(): void {
    const waiting = this.sessions.all.filter(({ needsSignIn }) => needsSignIn).map(({ agent }) => agent);
    const key = [...new Set(waiting)].sort().join();
    if (key !== this.waitingFor) {
      this.waitingFor = key;
      this.refresh();
    }
  }

  private nodeOf(agent: string): AgentNode {
    const node = this.nodesByName.get(agent) ?? { kind: "agent", agent };
    this.nodesByName.set(agent, node);
    return node;
  }
}
