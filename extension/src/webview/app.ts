/** The page as a whole: takes news, hands properties down, posts intents. */

import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import type { ImageView, OfferView, SessionView, TurnView } from "../protocol/generated.ts";
import type { Intent, News, PageCommand } from "../protocol/webview.ts";
import { isAsking } from "../sessions/forms.ts";
import { contextShare, costText, usageText } from "../sessions/usage.ts";
import { applies } from "../sessions/verbs.ts";
import { t } from "../shared/l10n.ts";
import { inert, lines } from "../shared/text.ts";
import type { SegueComposer } from "./composer.ts";
import { setBundle } from "./editor.ts";
import { keep, kept, listen, post } from "./host.ts";
import { isPending, pendingCards, pendingStyle } from "./pending.ts";
import { Shown } from "./store.ts";
import { base } from "./style.ts";
import type { SegueTranscript } from "./transcript.ts";
import "./composer.ts";
import "./timeline.ts";
import "./transcript.ts";

export class SegueApp extends LitElement {
  static override properties = { isTab: { type: Boolean, attribute: "tab" } };
  static override styles = [
    base,
    pendingStyle,
    css`
      :host {
        display: flex;
        flex-direction: column;
        height: 100vh;
      }
      header {
        flex: none;
        padding: 8px 12px;
        border-bottom: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, transparent));
      }
      h1 {
        margin: 0 0 2px;
        font-size: 1.1em;
        overflow-wrap: anywhere;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 12px;
        margin-top: 4px;
      }
      .line {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .empty {
        padding: 16px 12px;
      }
    `,
  ];

  private session: SessionView | undefined;
  private shown = new Shown("");
  private turns: readonly TurnView[] = [];
  private offer: OfferView = { options: [], commands: [] };
  private draft = "";
  /** Images for the next prompt, by session. */
  private readonly attached = new Map<string, readonly ImageView[]>();
  private isTimelineOpen = false;
  /** In a tab of its own. */
  declare isTab: boolean;

  constructor() {
    super();
    this.isTab = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    listen((news) => this.take(news));
    post({ type: "ready" });
  }

  override render(): TemplateResult {
    const { session } = this;
    if (session === undefined) {
      return html`<h1 class="empty quiet">${t("Pick a session above to see what it does.")}</h1>`;
    }
    const { items } = this.shown;
    const waiting = items.filter(isPending);
    const standing = applies("unlink", session) ? "linked" : applies("link", session) ? "linkable" : "";
    return html`${this.header(session, waiting.length > 0)}
      ${this.isTimelineOpen ? html`<segue-timeline .session=${session} .turns=${this.turns} .send=${this.send}></segue-timeline>` : nothing}
      <segue-transcript
        .items=${items.filter((item) => !isPending(item))}
        .sessionId=${session.id}
        .hasOlder=${this.shown.hasOlder}
        .standing=${standing}
        .send=${this.send}
      ></segue-transcript>
      ${pendingCards({ items: waiting, sessionId: session.id, standing, send: this.send })}
      <segue-composer
        .session=${session}
        .draft=${this.draft}
        .history=${items.flatMap(({ kind, text }) => (kind === "prompt" ? [text ?? ""] : []))}
        .offer=${this.offer}
        .images=${this.attached.get(session.id) ?? []}
        ?yields=${waiting.length > 0}
        .send=${this.send}
        @draft=${this.drafted}
        @detached=${this.detached}
      ></segue-composer>`;
  }

  private readonly send = (intent: Intent): void => post(intent);

  private header(session: SessionView, isWaiting: boolean): TemplateResult {
    const facts = [
      session.agent,
      session.model,
      isAsking(session) ? t("waits for you") : session.activity,
      lines(session.stat.added, session.stat.removed),
    ];
    const run = (command: PageCommand, name: string) =>
      html`<button class="plain" type="button" @click=${() => post({ type: "run", command })}>${name}</button>`;
    return html`<header class=${isWaiting ? "waits" : ""}>
      <h1>${inert(session.title)}</h1>
      <div class="quiet line" role="status" title=${inert(session.activity)}>
        ${inert(facts.filter(Boolean).join(" · "))}
      </div>
      ${session.turns > 0 ? usageOf(session) : nothing}
      <div class="actions">
        ${applies("review", session) ? run("segue.review", t("Review")) : nothing}
        ${session.bucket === "ready" && applies("merge", session) ? run("segue.merge", t("Merge")) : nothing}
        ${applies("link", session) ? run("segue.switch", t("Bring into Editor")) : nothing}
        ${applies("unlink", session) ? run("segue.switch", t("Send to Background")) : nothing}
        ${this.isTab ? nothing : run("segue.openInEditor", t("Open in a Tab"))}
        <button
          class="plain"
          type="button"
          aria-expanded=${this.isTimelineOpen ? "true" : "false"}
          @click=${this.toggleTimeline}
        >
          ${t("Timeline")}
        </button>
      </div>
    </header>`;
  }

  private take(news: News): void {
    switch (news.type) {
      case "words":
        setBundle(news.bundle);
        break;
      case "session":
        this.show(news.session);
        break;
      case "items":
        if (news.sessionId === this.shown.sessionId) {
          this.shown.apply(news);
        }
        break;
      case "older":
        if (news.sessionId === this.shown.sessionId) {
          this.shown.prepend(news.items, news.hasOlder);
        }
        break;
      case "turns":
        this.turns = news.sessionId === this.session?.id ? news.turns : this.turns;
        break;
      case "draft":
        this.draft = news.sessionId === this.session?.id ? news.text : this.draft;
        break;
      case "offer":
        this.offer = news.sessionId === this.session?.id ? news.offer : this.offer;
        break;
      case "sent":
        this.wasSent(news.sessionId);
        break;
      case "insert":
      case "attached":
      case "focus":
        this.compose(news);
        break;
      case "image": // the picture itself listens
        return;
    }
    this.requestUpdate();
  }

  private show(session: SessionView | undefined): void {
    if (session !== undefined && session.id !== this.session?.id) {
      const before = kept(session.id);
      this.shown = new Shown(session.id);
      this.turns = [];
      this.draft = "";
      this.offer = { options: [], commands: [] };
      this.isTimelineOpen = before?.isTimelineOpen ?? false;
      this.session = session;
      this.remember();
    }
    this.session = session;
  }

  private compose(news: Extract<News, { readonly type: "insert" | "attached" | "focus" }>): void {
    switch (news.type) {
      case "insert":
        this.composer?.insert(news.text);
        break;
      case "attached":
        this.attach(news.sessionId, news.images);
        break;
      case "focus":
        void this.updateComplete.then(() => this.composer?.focus());
        break;
    }
  }

  private wasSent(sessionId: string): void {
    this.setDraft("");
    this.attached.delete(sessionId);
    this.renderRoot.querySelector<SegueTranscript>("segue-transcript")?.toEnd();
  }

  private attach(sessionId: string, images: readonly ImageView[]): void {
    const before = this.attached.get(sessionId) ?? [];
    const added = images.filter(({ hash }) => before.every((each) => each.hash !== hash));
    this.attached.set(sessionId, [...before, ...added]);
  }

  private readonly detached = (event: CustomEvent<string>): void => {
    const sessionId = this.session?.id ?? "";
    const left = (this.attached.get(sessionId) ?? []).filter(({ hash }) => hash !== event.detail);
    this.attached.set(sessionId, left);
    this.requestUpdate();
  };

  private get composer(): SegueComposer | null {
    return this.renderRoot.querySelector<SegueComposer>("segue-composer");
  }

  private readonly drafted = (event: CustomEvent<string>): void => this.setDraft(event.detail);

  private setDraft(draft: string): void {
    this.draft = draft;
    if (this.session !== undefined) {
      post({ type: "draft", sessionId: this.session.id, text: draft });
    }
    this.requestUpdate();
  }

  private readonly toggleTimeline = (): void => {
    this.isTimelineOpen = !this.isTimelineOpen;
    this.remember();
    this.requestUpdate();
  };

  private remember(): void {
    if (this.session !== undefined) {
      keep({ sessionId: this.session.id, isTimelineOpen: this.isTimelineOpen });
    }
  }
}

/** Short, since the panel is narrow; the timeline has it in full. */
function usageOf(session: SessionView): TemplateResult {
  const usage = [t("Cost: {0}", costText(session.cost)), t("Context: {0}", contextShare(session))];
  return html`<div class="quiet line usage" title=${usageText(session)}>${usage.join(" · ")}</div>`;
}

customElements.define("segue-app", SegueApp);
