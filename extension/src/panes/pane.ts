/** One webview that shows one session. Knows what a page may ask for; a page that asks for anything else is ignored. */

import { commands, env, l10n, Uri, window, type Webview } from "vscode";
import type { Server } from "../client/server.ts";
import {
  answer,
  type AnswerParams,
  answerQuestion,
  changeset,
  configure,
  dropPrompt,
  prompt,
  turns,
  type ItemsParams,
  type SessionView,
} from "../protocol/generated.ts";
import { intentOf, type Intent, type News } from "../protocol/webview.ts";
import { openTurn } from "../review/changes.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { Disposable, type Ending } from "../shared/disposable.ts";
import { Cancelled, Failed } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import type { Reporter } from "../shared/report.ts";
import { inert } from "../shared/text.ts";
import type { AgentDocuments } from "./worktreeDocuments.ts";
import type { Drafts } from "./drafts.ts";
import { actOnImages, isAboutImages, type ImageIntent } from "./images.ts";
import { mentionText } from "./mentions.ts";
import { Pages } from "./pages.ts";
import { actOnPlan, isAboutPlan, type PlanIntent } from "./plans.ts";

export interface PaneParts {
  readonly server: Server;
  readonly sessions: Sessions;
  readonly documents: AgentDocuments;
  readonly drafts: Drafts;
  readonly reporter: Reporter;
}

/** What `act` does by itself. */
type Handled =
  | "ready"
  | "openLink"
  | "draft"
  | "run"
  | "older"
  | "mention"
  | "reply"
  | "visit"
  | PlanIntent["type"]
  | ImageIntent["type"];

export class Pane extends Disposable {
  private readonly webview: Webview;
  private readonly parts: PaneParts;
  private following: Ending | undefined;
  private pages = new Pages("");
  private id: string | undefined;
  private isReady = false;
  private sent: SessionView | undefined;
  private turnsKey = "";
  private wantsFocus = false;

  constructor(webview: Webview, parts: PaneParts) {
    super();
    this.webview = webview;
    this.parts = parts;
    this.register(webview.onDidReceiveMessage((message: unknown) => this.take(message)));
    this.register(parts.sessions.onChange(() => this.sendSession()));
    this.register(parts.drafts.follow(this, (draft) => this.post({ type: "draft", ...draft })));
    this.register({ dispose: () => this.following?.dispose() });
  }

  get sessionId(): string | undefined {
    return this.id;
  }

  show(id: string): void {
    if (this.id !== id) {
      this.following?.dispose();
      this.id = id;
      this.pages = new Pages(id);
      this.sent = undefined;
      this.turnsKey = "";
      this.following = this.parts.sessions.follow(id, (changes) => this.sendChanges(changes));
      this.sendAll();
    }
  }

  focusComposer(): void {
    this.wantsFocus = true;
    this.sendFocus();
  }

  private get session(): SessionView | undefined {
    return this.id === undefined ? undefined : this.parts.sessions.get(this.id);
  }

  private take(message: unknown): void {
    const intent = intentOf(message);
    if (intent === undefined) {
      this.parts.reporter.log.warn("A page said something that it may not say; nothing was done.");
      return;
    }
    this.parts.reporter.report(this.act(intent), `doing what the session view asked (${intent.type})`);
  }

  private async act(intent: Intent): Promise<void> {
    if (intent.type === "ready") {
      this.isReady = true;
      this.sendAll();
      return;
    }
    if (intent.type === "openLink") {
      await openLink(intent.href);
      return;
    }
    if (intent.type === "draft") {
      await this.parts.drafts.keep({ sessionId: intent.sessionId, text: intent.text }, this);
      return;
    }
    const session = this.require(intent);
    if (intent.type === "run") {
      await commands.executeCommand(intent.command, session.id);
    } else if (intent.type === "older") {
      this.post(this.pages.older(this.parts.sessions.transcript(session.id), intent.before));
    } else if (intent.type === "mention") {
      this.post({ type: "insert", text: await mentionText(intent.what, session.repository) });
    } else if (intent.type === "reply") {
      const { sessionId, requestId, action, values } = intent;
      await this.parts.server.request(answerQuestion, { sessionId, requestId, action, values });
    } else if (isAboutImages(intent)) {
      await actOnImages(this.parts.server, intent, (news) => this.post(news));
    } else if (isAboutPlan(intent)) {
      await actOnPlan(this.parts.server, intent);
    } else if (intent.type === "visit") {
      await this.visit(session, intent.requestId);
    } else {
      await this.actOn(session, intent);
    }
  }

  private async actOn(session: SessionView, intent: Exclude<Intent, { readonly type: Handled }>) {
    const { server, documents } = this.parts;
    const sessionId = session.id;
    switch (intent.type) {
      case "prompt":
        await server.request(prompt, {
          sessionId,
          text: intent.text,
          isNow: intent.isNow,
          images: [...intent.images],
        });
        this.post({ type: "sent", sessionId });
        break;
      case "configure":
        await this.configure(sessionId, intent.optionId, intent.value);
        break;
      case "drop":
        await this.drop(session, intent.promptId, intent.isEdited);
        break;
      case "answer":
        await server.request(answer, answerOf(intent, sessionId));
        break;
      case "openLocation":
        await documents.openLocation(session, this.item(intent.itemId), intent.index);
        break;
      case "openDiff":
        await documents.openDiff(session, this.item(intent.itemId), intent.index);
        break;
      case "rollBack":
        await commands.executeCommand("segue.rollBack", { sessionId, turn: intent.turn, side: "before" });
        break;
      case "showTurn":
        await openTurn(
          session,
          intent.turn,
          (await server.request(changeset, { sessionId, turn: intent.turn })).changeset,
        );
        break;
    }
  }

  /** The page is told what stands also where the agent refuses: its person has picked something else. */
  private async configure(sessionId: string, optionId: string, value: string): Promise<void> {
    try {
      const { offer } = await this.parts.server.request(configure, { sessionId, optionId, value });
      this.post({ type: "offer", sessionId, offer });
    } catch (error) {
      this.sendOffer();
      throw error;
    }
  }

  /** Opens the address of a question, after a look at all of it; that it was opened is the answer. */
  private async visit({ id, questions }: SessionView, requestId: string): Promise<void> {
    const url = questions.find((question) => question.requestId === requestId)?.url;
    if (url !== undefined && (await openLink(url))) {
      await this.parts.server.request(answerQuestion, { sessionId: id, requestId, action: "accept" });
    }
  }

  private async drop(session: SessionView, promptId: string, isEdited: boolean): Promise<void> {
    const queued = session.queue.find((each) => each.promptId === promptId);
    await this.parts.server.request(dropPrompt, { sessionId: session.id, promptId });
    if (isEdited) {
      this.post({ type: "insert", text: queued?.text ?? "" });
      this.post({ type: "attached", sessionId: session.id, images: queued?.images ?? [] });
    }
  }

  /** The session that the page shows; an intent that names another one comes from a moment ago and is refused. */
  private require(intent: Intent): SessionView {
    const { session } = this;
    if (session === undefined || ("sessionId" in intent && intent.sessionId !== session.id)) {
      throw new Cancelled();
    }
    return session;
  }

  private item(id: string) {
    const item = this.parts.sessions.transcript(this.id ?? "").find((each) => each.id === id);
    if (item === undefined) {
      throw new Cancelled();
    }
    return item;
  }

  private sendAll(): void {
    if (!this.isReady) {
      return;
    }
    this.post({ type: "words", bundle: words() });
    this.sent = undefined;
    this.turnsKey = "";
    this.sendSession();
    this.sendSnapshot();
    this.sendFocus();
  }

  private sendSession(): void {
    const { session } = this;
    if (!this.isReady) {
      return;
    }
    if (session === undefined) {
      this.post({ type: "session" });
    } else if (session !== this.sent) {
      const isFirst = this.sent === undefined;
      this.sent = session;
      this.post({ type: "session", session });
      if (isFirst) {
        this.post({ type: "draft", sessionId: session.id, text: this.parts.drafts.of(session.id) });
      }
      this.sendFocus();
      this.parts.reporter.report(this.sendTurns(session), "asking for a session's turns");
    }
  }

  private async sendTurns({ id, turns: count, stopReason, bucket }: SessionView): Promise<void> {
    const key = [count, stopReason, bucket].join("/");
    if (key !== this.turnsKey) {
      this.turnsKey = key;
      const known = await this.parts.server.request(turns, { sessionId: id });
      this.post({ type: "turns", sessionId: id, turns: known.turns });
    }
  }

  private sendSnapshot(): void {
    const seq = this.id === undefined ? undefined : this.parts.sessions.transcriptSeq(this.id);
    if (this.isReady && this.id !== undefined && seq !== undefined) {
      this.post(this.pages.snapshot(this.parts.sessions.transcript(this.id), seq));
      this.sendOffer();
    }
  }

  private sendOffer(): void {
    const offer = this.id === undefined ? undefined : this.parts.sessions.offer(this.id);
    if (this.id !== undefined && offer !== undefined) {
      this.post({ type: "offer", sessionId: this.id, offer });
    }
  }

  private sendChanges(changes: readonly ItemsParams[]): void {
    if (!this.isReady || this.id === undefined) {
      return;
    }
    this.sendSession(); // the page drops items of a session that it has not been told of
    if (changes.some(({ isSnapshot }) => isSnapshot)) {
      this.sendSnapshot();
      return;
    }
    changes.forEach((change) => this.post(this.pages.changes(change)));
    if (changes.some(({ offer }) => offer !== undefined)) {
      this.sendOffer();
    }
  }

  private sendFocus(): void {
    if (this.wantsFocus && this.isReady && this.session !== undefined) {
      this.wantsFocus = false;
      this.post({ type: "focus" });
    }
  }

  private post(news: News): void {
    void this.webview.postMessage(news);
  }
}

function words(): Readonly<Record<string, string>> {
  const entries = Object.entries(l10n.bundle ?? {});
  return Object.fromEntries(entries.map(([key, word]) => [key, typeof word === "string" ? word : key]));
}

/** Whether it was opened. */
async function openLink(href: string): Promise<boolean> {
  if (!/^https?:\/\/\S+$/i.test(href) || !URL.canParse(href)) {
    throw new Failed({ reason: "no_web_link", message: t("Only links into the web can be opened."), action: "" });
  }
  const open = t("Open");
  const detail = inert(new URL(href).href);
  const question = t("Open a link that the agent wrote?");
  const isWanted = (await window.showWarningMessage(question, { modal: true, detail }, open)) === open;
  return isWanted && (await env.openExternal(Uri.parse(href, true)));
}

/** What a card said, as the server takes it; a page cannot add more to it. */
function answerOf(
  { requestId, optionId, remember, reason }: Extract<Intent, { readonly type: "answer" }>,
  sessionId: string,
): AnswerParams {
  return {
    sessionId,
    requestId,
    optionId,
    ...(remember === undefined ? {} : { remember }),
    ...(reason === undefined ? {} : { reason }),
  };
}
