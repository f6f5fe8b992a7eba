/** The tree of sessions in the activity bar. Knows VS Code's tree; how a row looks and where it stands is known elsewhere. */

import {
  commands,
  EventEmitter,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  window,
} from "vscode";
import type { TreeDataProvider, TreeView } from "vscode";
import type { SessionView } from "../protocol/generated.ts";
import { lets } from "../sessions/filter.ts";
import { groups, type Group } from "../sessions/buckets.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { Disposable } from "../shared/disposable.ts";
import { t, told } from "../shared/l10n.ts";
import { inert } from "../shared/text.ts";
import type { Folders } from "./folders.ts";
import { rowOf } from "./rows.ts";

export type Node =
  { readonly kind: "bucket"; readonly bucket: string } | { readonly kind: "session"; readonly sessionId: string };

/** Ages are minutes. */
const AGES_MS = 60_000;

export class SessionTree extends Disposable implements TreeDataProvider<Node> {
  private readonly changed = this.register(new EventEmitter<Node[] | undefined>());
  private readonly sessions: Sessions;
  private readonly folders: Folders;
  private readonly view: TreeView<Node>;
  /** One node for each session and bucket for good: the editor knows rows by their node. */
  private readonly nodesById = new Map<string, Node>();
  private readonly bucketNodes = new Map<string, Node>();
  private shown: readonly Group[] = [];
  private wanted = "";

  readonly onDidChangeTreeData = this.changed.event;

  get isVisible(): boolean {
    return this.view.visible;
  }

  constructor(sessions: Sessions, folders: Folders) {
    super();
    this.sessions = sessions;
    this.folders = folders;
    this.view = this.register(window.createTreeView("segue.sessions", { treeDataProvider: this, canSelectMany: true }));
    this.register(sessions.onChange(() => this.refresh()));
    const aging = setInterval(() => this.changed.fire([...this.nodesById.values()]), AGES_MS);
    this.register({ dispose: () => clearInterval(aging) });
    this.refresh();
  }

  /** The session of the selected row. */
  get selected(): string | undefined {
    const [node] = this.view.selection;
    return node?.kind === "session" ? node.sessionId : undefined;
  }

  /**
   * The session of the row with the focus, which keys move without selecting anything. VS Code tells an extension only
   * of selected rows, so this one joins or leaves the selection for a moment.
   */
  async focused(): Promise<string | undefined> {
    const before = this.view.selection;
    await commands.executeCommand("list.toggleSelection");
    const after = this.view.selection;
    await commands.executeCommand("list.toggleSelection");
    const node = [...before, ...after].find((each) => before.includes(each) !== after.includes(each));
    return node?.kind === "session" ? node.sessionId : undefined;
  }

  /** What hides rows; empty for none. */
  get filter(): string {
    return this.wanted;
  }

  set filter(filter: string) {
    this.wanted = filter;
    this.view.description = inert(filter);
    void commands.executeCommand("setContext", "segue.isFiltered", filter !== "");
    this.refresh();
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) {
      return this.shown.map((group) => this.bucketNode(group.bucket.id));
    }
    if (node.kind === "session") {
      return [];
    }
    const group = this.shown.find(({ bucket }) => bucket.id === node.bucket);
    return (group?.sessions ?? []).map((session) => this.nodeOf(session));
  }

  getParent(node: Node): Node | undefined {
    const bucket = node.kind === "session" ? this.sessions.get(node.sessionId)?.bucket : undefined;
    return bucket === undefined ? undefined : this.bucketNode(bucket);
  }

  getTreeItem(node: Node): TreeItem {
    if (node.kind === "bucket") {
      const group = this.shown.find(({ bucket }) => bucket.id === node.bucket);
      return group === undefined ? new TreeItem("") : this.bucketItem(group);
    }
    const session = this.sessions.get(node.sessionId);
    return session === undefined ? new TreeItem("") : this.sessionItem(session);
  }

  async reveal(session: SessionView): Promise<void> {
    await this.view.reveal(this.nodeOf(session), { select: true, focus: true });
  }

  /** Mark the row of what is shown elsewhere, and leave the focus there; a row that a filter hides stays hidden. */
  async mark(session: SessionView): Promise<void> {
    if (this.selected !== session.id && lets(this.wanted, session, this.sessions.buckets)) {
      await this.view.reveal(this.nodeOf(session), { select: true, focus: false });
    }
  }

  /** A sentence above the rows, in place of a welcome view. */
  say(sentence: string): void {
    this.view.message = sentence;
  }

  /** As little as possible: while the editor reads all rows anew, a click on one of them finds none. */
  private refresh(): void {
    const before = this.shown;
    const { all, buckets } = this.sessions;
    const wanted = all.filter((session) => lets(this.wanted, session, buckets));
    this.shown = groups(wanted, buckets);
    this.showBadge();
    if (before.map(({ bucket }) => bucket.id).join() !== this.shown.map(({ bucket }) => bucket.id).join()) {
      this.changed.fire(undefined);
      return;
    }
    const moved = this.shown.filter((group, index) => outline(group) !== outline(before[index]));
    const known = new Set(before.flatMap((group) => group.sessions));
    const stayed = this.shown.filter((group) => !moved.includes(group)).flatMap((group) => group.sessions);
    const news = stayed.filter((session) => !known.has(session));
    if (moved.length + news.length > 0) {
      this.changed.fire([
        ...moved.map(({ bucket }) => this.bucketNode(bucket.id)),
        ...news.map((session) => this.nodeOf(session)),
      ]);
    }
  }

  private showBadge(): void {
    const waiting = this.sessions.all.filter((session) => session.bucket === "needs_you").length;
    const tooltip = waiting === 1 ? t("1 session needs you") : t("{0} sessions need you", waiting);
    this.view.badge = waiting === 0 ? undefined : { value: waiting, tooltip };
  }

  private nodeOf({ id }: SessionView): Node {
    const known = this.nodesById.get(id);
    if (known !== undefined) {
      return known;
    }
    const node: Node = { kind: "session", sessionId: id };
    this.nodesById.set(id, node);
    this.register(commands.registerCommand(openingCommand(id), () => commands.executeCommand("segue.open", node)));
    return node;
  }

  private bucketNode(id: string): Node {
    const node = this.bucketNodes.get(id) ?? { kind: "bucket", bucket: id };
    this.bucketNodes.set(id, node);
    return node;
  }

  private bucketItem({ bucket, sessions }: Group): TreeItem {
    const isOnlyOne = this.shown.length === 1;
    const state =
      bucket.isFolded && !isOnlyOne ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.Expanded;
    const item = new TreeItem(told(bucket.name), state);
    item.id = `bucket/${bucket.id}`;
    item.contextValue = "bucket";
    item.description = String(sessions.length);
    return item;
  }

  private sessionItem(session: SessionView): TreeItem {
    const row = rowOf(session, { nowMs: Date.now(), isHere: this.folders.holds(session.repository) });
    const item = new TreeItem(row.label);
    item.id = `session/${session.id}`;
    item.description = row.description;
    item.tooltip = new MarkdownString(row.tooltip);
    item.iconPath = new ThemeIcon(row.icon.name, new ThemeColor(row.icon.color));
    item.contextValue = row.contextValue;
    item.accessibilityInformation = { label: row.accessibleName };
    item.command = { command: openingCommand(session.id), title: t("Open") };
    return item;
  }
}

/**
 * Each row has a command without arguments. The editor forgets a command's arguments whenever it draws the row anew,
 * and a click that comes just then would open nothing.
 */
function openingCommand(sessionId: string): string {
  return `segue.open/${sessionId}`;
}

/** Which rows stand in a bucket. */
function outline(group: Group | undefined): string {
  return group?.sessions.map(({ id }) => id).join() ?? "";
}
