/** Where sessions are shown: the view below the tree, and editor tabs. Knows the window; each pane knows its page. */

import {
  commands,
  ViewColumn,
  window,
  type Uri,
  type WebviewPanel,
  type WebviewPanelSerializer,
  type WebviewView,
  type WebviewViewResolveContext,
  type WebviewViewProvider,
} from "vscode";
import { Disposable } from "../shared/disposable.ts";
import { t } from "../shared/l10n.ts";
import { inert } from "../shared/text.ts";
import { pageFor, pageOptions } from "./page.ts";
import { Pane, type PaneParts } from "./pane.ts";

const TAB = "segue.sessionTab";
/** How long the view may take to appear with the first session; one that is collapsed or hidden never does. */
const APPEARS_MS = 10_000;

export class Panes extends Disposable implements WebviewViewProvider, WebviewPanelSerializer {
  private readonly extension: Uri;
  private readonly parts: PaneParts;
  private readonly tabs = new Map<string, WebviewPanel>();
  private inView: Pane | undefined;
  private view: WebviewView | undefined;
  private wanted: string | undefined;
  private appearsUntil = 0;

  constructor(extension: Uri, parts: PaneParts) {
    super();
    this.extension = extension;
    this.parts = parts;
    this.register(window.registerWebviewViewProvider("segue.session", this));
    this.register(window.registerWebviewPanelSerializer(TAB, this));
    this.register({ dispose: () => this.tabs.forEach((tab) => void tab.dispose()) });
  }

  /** Show a session in the view and go there. */
  async open(id: string): Promise<void> {
    this.wanted = id;
    this.inView?.show(id);
    await commands.executeCommand("segue.session.focus");
    this.inView?.focusComposer();
  }

  /** Show a session in the view where it shows none yet; the focus stays where it is. */
  offer(id: string): void {
    if (this.wanted === undefined) {
      this.wanted = id;
      this.appearsUntil = Date.now() + APPEARS_MS;
    }
    if (this.inView?.sessionId === undefined) {
      this.inView?.show(id);
    }
  }

  /** Whether a session is shown where the user can see it now: in the view, or in a tab in front. */
  isInSight(id: string): boolean {
    const isInView = this.view?.visible === true && this.inView?.sessionId === id;
    return isInView || this.tabs.get(id)?.visible === true;
  }

  /** Whether the view is about to show a session: it appears with the first one, a moment later. */
  isComing(id: string): boolean {
    return this.view === undefined && this.wanted === id && Date.now() < this.appearsUntil;
  }

  /** Show a session in a tab of its own; one that has a tab is brought forward. */
  openInEditor(id: string): void {
    const known = this.tabs.get(id);
    if (known !== undefined) {
      known.reveal();
      return;
    }
    const title = inert(this.parts.sessions.get(id)?.title ?? t("Session"));
    const panel = window.createWebviewPanel(TAB, title, ViewColumn.Active, pageOptions(this.extension));
    this.adopt(panel, id);
  }

  resolveWebviewView(view: WebviewView, { state }: WebviewViewResolveContext): void {
    view.webview.options = pageOptions(this.extension);
    const pane = new Pane(view.webview, this.parts);
    this.inView = pane;
    this.view = view;
    const id = this.wanted ?? keptSession(state);
    if (id !== undefined) {
      pane.show(id);
    }
    view.onDidDispose(() => {
      pane.dispose();
      this.inView = this.inView === pane ? undefined : this.inView;
      this.view = this.view === view ? undefined : this.view;
    });
    view.webview.html = pageFor(view.webview, this.extension, {
      title: t("Session"),
      background: "sideBar-background",
      isTab: false,
    });
  }

  deserializeWebviewPanel(panel: WebviewPanel, state: unknown): Promise<void> {
    const id = keptSession(state);
    if (id !== undefined) {
      panel.webview.options = pageOptions(this.extension);
      this.adopt(panel, id);
    } else {
      panel.dispose();
    }
    return Promise.resolve();
  }

  private adopt(panel: WebviewPanel, id: string): void {
    const pane = new Pane(panel.webview, this.parts);
    this.tabs.set(id, panel);
    panel.onDidDispose(() => {
      this.tabs.delete(id);
      pane.dispose();
    });
    pane.show(id);
    panel.webview.html = pageFor(panel.webview, this.extension, {
      title: t("Session"),
      background: "editor-background",
      isTab: true,
    });
  }
}

/** The session that a page showed before the window was reloaded: the first of what it keeps. */
function keptSession(state: unknown): string | undefined {
  const [last] = Array.isArray(state) ? (state as readonly unknown[]) : [];
  const id = typeof last === "object" && last !== null && "sessionId" in last ? last.sessionId : undefined;
  return typeof id === "string" ? id : undefined;
}
