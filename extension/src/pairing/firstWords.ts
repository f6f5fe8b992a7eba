/**
 * The box for the first words of a thread. Knows that VS Code focuses a thread as it opens only where its one comment
 * is being edited; knows nothing of agents.
 */

import {
  CommentMode,
  commands,
  CommentThreadCollapsibleState,
  workspace,
  type Comment,
  type CommentController,
  type CommentReply,
  type CommentThread,
  type Range,
  type Uri,
} from "vscode";
import { t } from "../shared/l10n.ts";

/** VS Code hands on what an extension sets once this long nothing else was set. */
const FOLDED_MS = 150;

/** What a thread is for; its menus say what can be done with the words. */
export type Purpose = "conversation" | "discussion";

export interface Place {
  readonly uri: Uri;
  readonly range: Range;
}

/** A comment that is being written; VS Code puts its text into `body` when one of its buttons is pressed. */
export class FirstWords implements Comment {
  body = "";
  mode = CommentMode.Editing;
  readonly author = { name: t("You") };
  readonly contextValue: Purpose;
  readonly thread: CommentThread;

  /** Open a thread that has the focus in its box. */
  constructor(controller: CommentController, place: Place, purpose: Purpose) {
    this.contextValue = purpose;
    // The comment has to be there before the thread unfolds: that is when VS Code looks for a box to focus.
    const thread = controller.createCommentThread(place.uri, place.range, [this]);
    thread.contextValue = purpose;
    thread.canReply = false;
    thread.collapsibleState = CommentThreadCollapsibleState.Expanded;
    this.thread = thread;
  }

  get reply(): CommentReply {
    return { thread: this.thread, text: this.body };
  }

  /** Whether something is written and not sent, here or in another box: VS Code names boxes by numbers of its own. */
  get isWritten(): boolean {
    return workspace.textDocuments.some((each) => each.uri.scheme === "comment" && each.getText() !== "");
  }

  /** The thread unfolds again, and takes the focus as it did when it was opened. */
  focus(): void {
    this.thread.collapsibleState = CommentThreadCollapsibleState.Collapsed;
    setTimeout(() => {
      this.thread.collapsibleState = CommentThreadCollapsibleState.Expanded;
    }, FOLDED_MS);
  }

  /** They are on their way: shown as said, and the focus goes back to the code. */
  async leave(): Promise<void> {
    this.mode = CommentMode.Preview;
    this.thread.comments = [this];
    await commands.executeCommand("workbench.action.focusActiveEditorGroup");
  }

  /** They did not arrive, and can be changed and sent again. */
  stay(): void {
    this.mode = CommentMode.Editing;
    this.thread.comments = [this];
  }
}

/** The boxes from which nothing was sent yet: one at each place. */
export class Boxes {
  private readonly controller: CommentController;
  private readonly unsent = new Set<FirstWords>();

  constructor(controller: CommentController) {
    this.controller = controller;
  }

  /** A thread with the focus in its box; what was written at this place and not sent is still there. */
  write({ uri, range }: Place, purpose: Purpose): CommentThread {
    const isHere = ({ thread }: FirstWords) => thread.uri.toString() === uri.toString() && thread.range?.isEqual(range);
    const there = [...this.unsent].find((words) => words.contextValue === purpose && isHere(words));
    const words = there ?? new FirstWords(this.controller, { uri, range }, purpose);
    there?.focus();
    this.unsent.add(words);
    return words.thread;
  }

  /** Fold the box that was opened last; returns its thread where nothing is written in it, to be closed. */
  leave(): CommentThread | undefined {
    const words = [...this.unsent].at(-1);
    if (words?.isWritten !== true) {
      return words?.thread;
    }
    words.thread.collapsibleState = CommentThreadCollapsibleState.Collapsed;
    return undefined;
  }

  remove(thread: CommentThread): void {
    [...this.unsent].filter((words) => words.thread === thread).forEach((words) => this.unsent.delete(words));
  }
}
