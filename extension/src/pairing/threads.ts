/**
 * Conversations at lines: with the agent, and review comments to it. Knows VS Code's comment threads; what is said
 * comes from the transcript and the link.
 */

import {
  CommentMode,
  comments,
  CommentThreadCollapsibleState,
  CommentThreadState,
  MarkdownString,
  Range,
  Uri,
  commands,
  window,
  workspace,
  type Comment,
  type CommentReply,
  type CommentThread,
  type Memento,
  type TextDocument,
  type TextEditor,
} from "vscode";
import type { CommentView, ItemsParams, PlaceView, SelectionView, SessionView } from "../protocol/generated.ts";
import { reviewed } from "../review/virtualDocuments.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { Disposable, type Ending } from "../shared/disposable.ts";
import { t } from "../shared/l10n.ts";
import { cut, inert, plainMarkdown } from "../shared/text.ts";
import type { Pairing } from "./pairing.ts";
import { Boxes } from "./firstWords.ts";
import { Closed, mayTell, placeKey, spokenIn } from "./promptPlaces.ts";
import { said } from "./words.ts";

/** Between two redrawings of an answer that grows. */
const REDRAW_MS = 200;

/** Whom a conversation begins with. */
export interface Partner {
  /** Name of an agent. */
  readonly agent: string;
  readonly title: string;
  /** Values by option id. */
  readonly options: Readonly<Record<string, string>>;
}

/** What a conversation is about, and with whom. */
export interface Conversation {
  readonly selection: SelectionView;
  readonly partner: Partner;
  /** Undefined before the first prompt is sent. */
  sessionId: string | undefined;
  /** Turns that were asked for here, with what was written. */
  readonly turns: Map<number, string>;
  following: Ending | undefined;
}

/** What a review comment is about. */
export interface Discussion {
  readonly sessionId: string;
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly hunkId: string | undefined;
}

export class Threads extends Disposable {
  private readonly sessions: Sessions;
  private readonly pairing: Pairing;
  private readonly controller = this.register(comments.createCommentController("segue.pairing", t("Segue")));
  private readonly boxes = new Boxes(this.controller);
  private readonly conversations = new Map<CommentThread, Conversation>();
  private readonly discussions = new Map<CommentThread, Discussion>();
  /** By the comment's id and the document that shows it. */
  private readonly threadsByComment = new Map<string, CommentThread>();
  /** Places of comments that were written here a moment ago: they stay open for their writer to see. */
  private readonly written = new Set<string>();
  private readonly dirty = new Set<CommentThread>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly closed: Closed;
  /** Linked sessions, whose transcripts tell of conversations that were begun before a reload, or in another window. */
  private readonly heard = new Map<string, Ending>();

  constructor(sessions: Sessions, pairing: Pairing, memory: Memento) {
    super();
    this.sessions = sessions;
    this.pairing = pairing;
    this.closed = new Closed(memory);
    this.controller.options = { prompt: t("Write to the agent"), placeHolder: t("What should change here?") };
    this.controller.commentingRangeProvider = {
      provideCommentingRanges: (document) =>
        this.isReviewed(document) ? [new Range(0, 0, document.lineCount - 1, 0)] : [],
    };
    this.register(pairing.onChange(() => this.takeComments()));
    this.register(window.onDidChangeActiveTextEditor((editor) => this.tellWhere(editor)));
    this.tellWhere(window.activeTextEditor);
    this.register(workspace.onDidOpenTextDocument(({ uri }) => reviewed(uri) && this.takeComments()));
    this.register(workspace.onDidCloseTextDocument(({ uri }) => reviewed(uri) && this.takeComments()));
    this.register(pairing.onChange(() => this.listen()));
    this.register(sessions.onChange(() => [...this.conversations.keys()].forEach((thread) => this.redraw(thread))));
    this.register({ dispose: () => clearTimeout(this.timer) });
    this.register({ dispose: () => [...this.conversations.keys()].forEach((thread) => this.drop(thread)) });
    this.register({ dispose: () => this.heard.forEach((ending) => ending.dispose()) });
    this.listen();
  }

  /** Open a conversation at a selection, with the focus in its box; it begins with the first words. */
  converse(uri: Uri, selection: SelectionView, withWhom: SessionView | Partner): void {
    if ("id" in withWhom) {
      this.closed.remove(placeKey(withWhom.id, selection));
    }
    const thread = this.boxes.write({ uri, range: rangeOf(selection) }, "conversation");
    this.hold(thread, selection, withWhom);
  }

  private hold(thread: CommentThread, selection: SelectionView, withWhom: SessionView | Partner): void {
    const isSession = "id" in withWhom;
    thread.label = t("Pair with {0}", isSession ? inert(withWhom.agent) : withWhom.title);
    this.conversations.set(thread, {
      selection,
      partner: isSession ? { agent: withWhom.agent, title: withWhom.agent, options: {} } : withWhom,
      sessionId: isSession ? withWhom.id : undefined,
      turns: new Map(),
      following: undefined,
    });
  }

  /** A thread that was begun in a review by the editor itself becomes a conversation with the review's session. */
  adopt(thread: CommentThread, selection: SelectionView, { id, agent }: SessionView): Conversation {
    const name = inert(agent);
    thread.label = t("Pair with {0}", name);
    thread.contextValue = "conversation";
    const partner = { agent, title: name, options: {} };
    const begun = { selection, partner, sessionId: id, turns: new Map(), following: undefined };
    this.conversations.set(thread, begun);
    return begun;
  }

  /** Open a place for a review comment. */
  discuss(uri: Uri, discussion: Discussion): void {
    const thread = this.boxes.write({ uri, range: rangeOf(discussion) }, "discussion");
    thread.label = t("Comment for the agent");
    this.discussions.set(thread, discussion);
  }

  /** Whether a session has a conversation in a file. */
  isAt(uri: Uri, id: string): boolean {
    return [...this.conversations].some(
      ([thread, { sessionId }]) => sessionId === id && thread.uri.fsPath === uri.fsPath,
    );
  }

  conversation({ thread }: CommentReply): Conversation | undefined {
    return this.conversations.get(thread);
  }

  discussion({ thread }: CommentReply): Discussion | undefined {
    return this.discussions.get(thread);
  }

  isDiscussion(thread: CommentThread): boolean {
    return this.discussions.has(thread);
  }

  /** A prompt was sent from a thread: its turn and the answer show there. */
  follow({ thread, text }: CommentReply, sessionId: string, turn: number): void {
    const conversation = this.conversations.get(thread);
    if (conversation === undefined) {
      return;
    }
    this.closed.remove(placeKey(sessionId, conversation.selection));
    this.spoke(thread, sessionId, new Map([[turn, text]]));
  }

  private spoke(thread: CommentThread, sessionId: string, turns: ReadonlyMap<number, string>): void {
    const conversation = this.conversations.get(thread);
    if (conversation === undefined) {
      return;
    }
    conversation.sessionId = sessionId;
    thread.canReply = true;
    this.boxes.remove(thread);
    turns.forEach((text, turn) => conversation.turns.set(turn, text));
    conversation.following ??= this.sessions.follow(sessionId, () => this.redraw(thread));
    this.redraw(thread);
  }

  private listen(): void {
    const linked = new Set(this.pairing.sessions.map(({ id }) => id));
    for (const [id, ending] of this.heard) {
      if (!linked.has(id)) {
        ending.dispose();
        this.heard.delete(id);
        this.clear(id);
      }
    }
    for (const id of linked) {
      if (!this.heard.has(id)) {
        const hear = (changes: readonly ItemsParams[]) => mayTell(changes) && this.restore(id);
        this.heard.set(id, this.sessions.follow(id, hear));
        this.restore(id);
      }
    }
  }

  /** The session left the editor: its threads come again with it, and boxes that nothing was sent from go. */
  private clear(id: string): void {
    for (const [thread, { sessionId }] of [...this.conversations, ...this.discussions]) {
      if (sessionId === id && thread.uri.scheme === "file") {
        this.drop(thread);
      }
    }
  }

  /** What a transcript says was written at a place stands there, in the thread that is open at it or in one of its own. */
  private restore(sessionId: string): void {
    const session = this.sessions.get(sessionId);
    for (const { place, turns } of spokenIn(this.sessions.transcript(sessionId))) {
      const key = placeKey(sessionId, place);
      if (session !== undefined && !this.closed.has(key)) {
        this.spoke(this.threadAt(key, sessionId) ?? this.reopen(session, place), sessionId, turns);
      }
    }
  }

  private threadAt(key: string, sessionId: string): CommentThread | undefined {
    const isThere = ([, { selection, sessionId: id }]: readonly [CommentThread, Conversation]) =>
      (id ?? sessionId) === sessionId && placeKey(sessionId, selection) === key;
    return [...this.conversations].find(isThere)?.[0];
  }

  private reopen(session: SessionView, { uri, startLine, endLine }: PlaceView): CommentThread {
    const thread = this.controller.createCommentThread(Uri.parse(uri), rangeOf({ startLine, endLine }), []);
    thread.contextValue = "conversation";
    thread.collapsibleState = CommentThreadCollapsibleState.Collapsed;
    this.hold(thread, { uri, startLine, endLine, text: "", diagnostics: [] }, session);
    return thread;
  }

  /** A review comment was taken: the server's view of it takes over. */
  settle({ thread }: CommentReply): void {
    const place = written(thread.uri, thread.range?.start.line);
    const isHere = ({ uri, range }: CommentThread) => written(uri, range?.start.line) === place;
    const there = [...this.threadsByComment.values()].findLast(isHere);
    if (there === undefined) {
      this.written.add(place);
    } else {
      there.collapsibleState = CommentThreadCollapsibleState.Expanded;
    }
    this.drop(thread);
  }

  /** Close a thread; what was said stays in the session. */
  end(thread: CommentThread): void {
    const conversation = this.conversations.get(thread);
    if (conversation?.sessionId !== undefined) {
      this.closed.add(placeKey(conversation.sessionId, conversation.selection));
    }
    this.drop(thread);
  }

  /** Out of the box that was opened last: it closes where nothing is written in it, else it folds. */
  leave(): void {
    const thread = this.boxes.leave();
    if (thread !== undefined) {
      this.drop(thread);
    }
  }

  private drop(thread: CommentThread): void {
    this.conversations.get(thread)?.following?.dispose();
    this.conversations.delete(thread);
    this.discussions.delete(thread);
    this.boxes.remove(thread);
    thread.dispose();
  }

  private redraw(thread: CommentThread): void {
    this.dirty.add(thread);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.dirty.forEach((each) => this.draw(each));
      this.dirty.clear();
    }, REDRAW_MS);
  }

  private draw(thread: CommentThread): void {
    const conversation = this.conversations.get(thread);
    const session = this.sessions.get(conversation?.sessionId ?? "");
    if (conversation === undefined || session === undefined || conversation.turns.size === 0) {
      return; // what is being written in a thread is not drawn over
    }
    const spoken = said(this.sessions.transcript(session.id), conversation.turns);
    const isWorking = session.state === "running" || session.state === "creating";
    thread.comments = spoken.map(({ by, body }, index): Comment => ({
      author: { name: by === "person" ? t("You") : inert(session.agent) },
      body: markdown(body),
      mode: CommentMode.Preview,
      ...(isWorking && index === spoken.length - 1
        ? { label: by === "person" ? t("the agent is working…") : t("working…") }
        : {}),
    }));
  }

  /** Review comments as the server has them, each in a thread of its own at every place that shows its file. */
  private takeComments(): void {
    const shown = workspace.textDocuments.flatMap(({ uri }) => ({ uri, of: reviewed(uri) }));
    const wanted = new Map<string, { readonly view: CommentView; readonly uri: Uri }>(
      this.pairing.links.flatMap(({ sessionId, comments: views }) =>
        views.flatMap((view) => {
          const reviews = shown.filter(({ of }) => of?.sessionId === sessionId && of.path === view.path);
          const places = [Uri.parse(view.uri), ...reviews.map(({ uri }) => uri)];
          return places.map((uri) => [`${view.id} ${uri.toString()}`, { view, uri }] as const);
        }),
      ),
    );
    for (const [key, thread] of this.threadsByComment) {
      if (!wanted.has(key)) {
        thread.dispose();
        this.threadsByComment.delete(key);
      }
    }
    for (const [key, { view, uri }] of wanted) {
      const thread = this.threadsByComment.get(key) ?? this.begin(view, uri);
      this.threadsByComment.set(key, thread);
      this.show(thread, view);
    }
  }

  /** For keys: a review's own lines can be discussed, too. */
  private tellWhere(editor: TextEditor | undefined): void {
    void commands.executeCommand(
      "setContext",
      "segue.isReview",
      editor !== undefined && this.isReviewed(editor.document),
    );
  }

  private isReviewed({ uri }: TextDocument): boolean {
    const session = this.sessions.get(reviewed(uri)?.sessionId ?? "");
    return session !== undefined && !session.isArchived;
  }

  private begin(view: CommentView, uri: Uri): CommentThread {
    const thread = this.controller.createCommentThread(uri, rangeOf(view), []);
    thread.canReply = false;
    thread.contextValue = "comment";
    thread.collapsibleState = this.written.delete(written(uri, view.startLine))
      ? CommentThreadCollapsibleState.Expanded
      : CommentThreadCollapsibleState.Collapsed;
    return thread;
  }

  private show(thread: CommentThread, view: CommentView): void {
    thread.label = view.isRejection ? t("Rejected, with a reason") : t("Comment for the agent");
    thread.state = view.state === "answered" ? CommentThreadState.Resolved : CommentThreadState.Unresolved;
    const own: Comment = {
      author: { name: t("You") },
      body: markdown(plainMarkdown(view.text)),
      mode: CommentMode.Preview,
      label: stateName(view),
    };
    const answer: Comment[] =
      view.answer === undefined
        ? []
        : [
            {
              author: { name: t("Agent") },
              body: markdown(plainMarkdown(cut(view.answer, 4_000))),
              mode: CommentMode.Preview,
            },
          ];
    thread.comments = [own, ...answer];
  }
}

const written = (uri: Uri, line = 0): string => `${uri.toString()} ${line}`;

function rangeOf({ startLine, endLine }: { readonly startLine: number; readonly endLine: number }): Range {
  return new Range(startLine, 0, Math.max(startLine, endLine - 1), 0);
}

function stateName({ state }: CommentView): string {
  switch (state) {
    case "draft":
      return t("not sent yet");
    case "sent":
      return t("sent");
    case "answered":
      return t("answered");
  }
}

/** Nothing in it may run or load anything. */
function markdown(body: string): MarkdownString {
  const made = new MarkdownString(body);
  made.isTrusted = false;
  made.supportHtml = false;
  return made;
}
