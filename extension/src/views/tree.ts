/** The tree of sessions in the activity bar. Knows VS Code's tree; how a row looks and where it stands is known elsewhere. */

import {
  EventEmitter,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  window,
} from "vscode";
import type { TreeDataProvider, TreeView } from "vscode";
import type { Bucket, SessionView } from "../protocol/generated.ts";
import { bucketName, groups, type Group } from "../sessions/order.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { Disposable } from "../shared/disposable.ts";
import { t } from "../shared/l10n.ts";
import type { Folders } from "./folders.ts";
import { rowOf } from "./rows.ts";

export type Node =
  | { readonly kind: "bucket"; readonly bucket: Bucket }
  | { readonly kind: "session"; readonly sessionId: string; readonly bucket: Bucket };

/** Ages are minutes. */
const AGES_MS = 60_000;

export class SessionTree extends Disposable implements TreeDataProvider<Node> {
  private readonly changed = this.register(new EventEmitter<undefined>());
  private readonly sessions: Sessions;
  private readonly folders: Folders;
  private readonly view: TreeView<Node>;
  private shown: readonly Group[] = [];

  readonly onDidChangeTreeData = this.changed.event;

  constructor(sessions: Sessions, folders: Folders) {
    super();
    this.sessions = sessions;
    this.folders = folders;
    this.view = this.register(window.createTreeView("segue.sessions", { treeDataProvider: this }));
    this.register(sessions.onChange(() => this.refresh()));
    const aging = setInterval(() => this.changed.fire(undefined), AGES_MS);
    this.register({ dispose: () => clearInterval(aging) });
    this.refresh();
  }

  /** The session of the selected row. */
  get selected(): string | undefined {
    const [node] = this.view.selection;
    return node?.kind === "session" ? node.sessionId : undefined;
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) {
      return this.shown.map(({ bucket }) => ({ kind: "bucket", bucket }));
    }
    if (node.kind === "session") {
      return [];
    }
    const group = this.shown.find(({ bucket }) => bucket === node.bucket);
    return (group?.sessions ?? []).map(sessionNode);
  }

  getParent(node: Node): Node | undefined {
    return node.kind === "session" ? { kind: "bucket", bucket: node.bucket } : undefined;
  }

  getTreeItem(node: Node): TreeItem {
    if (node.kind === "bucket") {
      return this.bucketItem(node.bucket);
    }
    const session = this.sessions.get(node.sessionId);
    return session === undefined ? new TreeItem("") : this.sessionItem(session);
  }

  async reveal(session: SessionView): Promise<void> {
    await this.view.reveal(sessionNode(session), { select: true, focus: true });
  }

  private refresh(): void {
    this.shown = groups(this.sessions.all);
    const waiting = this.sessions.all.filter((session) => session.bucket === "needs_you").length;
    const tooltip = waiting === 1 ? t("1 session needs you") : t("{0} sessions need you", waiting);
    this.view.badge = waiting === 0 ? undefined : { value: waiting, tooltip };
    this.changed.fire(undefined);
  }

  private bucketItem(bucket: Bucket): TreeItem {
    const isOnlyOne = this.shown.length === 1;
    const state =
      bucket === "done" && !isOnlyOne ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.Expanded;
    const item = new TreeItem(bucketName(bucket), state);
    item.id = `bucket/${bucket}`;
    item.contextValue = "bucket";
    item.description = String(this.shown.find((group) => group.bucket === bucket)?.sessions.length ?? "");
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
    item.command = { command: "segue.open", title: t("Open"), arguments: [sessionNode(session)] };
    return item;
  }
}

function sessionNode({ id, bucket }: SessionView): Node {
  return { kind: "session", sessionId: id, bucket };
}
