/** Pairing: beginning at a place in a file, talking there, and ending. Knows the order of questions. */

import {
  commands,
  languages,
  Range,
  ThemeIcon,
  Uri,
  window,
  workspace,
  type CommentReply,
  type Diagnostic,
  type QuickPickItem,
  type TextEditor,
} from "vscode";
import {
  addComment,
  finish,
  newSession,
  prompt,
  sendComments,
  shareLink,
  type NewSessionParams,
  type SelectionView,
  type SessionView,
} from "../protocol/generated.ts";
import { announce } from "../pairing/bar.ts";
import { FirstWords } from "../pairing/firstWords.ts";
import type { Partner } from "../pairing/threads.ts";
import { count, marksOf } from "../pairing/hunks.ts";
import { Cancelled, Failed } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { iconless, inert } from "../shared/text.ts";
import type { Context } from "./context.ts";
import { pickAndOpen } from "./focus.ts";
import { pickOptions } from "./configure.ts";
import { agentChoices, canStart } from "./delegate.ts";
import { sessionIdOf } from "./pick.ts";
import { collectedInReview, talkedInReview } from "./reviewComments.ts";

/** Characters of a selection that go along; the agent has the file. */
const LONGEST = 20_000;

/** Open a conversation at the selection; `argument` may name another range, as code actions do. */
export async function pairHere(context: Context, argument: unknown): Promise<void> {
  const editor = window.activeTextEditor;
  if (editor?.document.uri.scheme !== "file" || context.folders.isEmpty) {
    throw new Failed({
      reason: "no_editor",
      message: t("No file of this window's folders is open in an editor."),
      action: t("Open the file that you want to work on."),
    });
  }
  const { uri } = editor.document;
  const selection = selectionOf(editor, argument instanceof Range ? argument : editor.selection);
  const linked = context.pairing.sessionOf(uri);
  if (linked === undefined) {
    await begin(context, uri, selection);
  } else if (isKnownIn(context, uri, linked)) {
    context.threads.converse(uri, selection, linked);
  } else {
    await continueOrBegin(context, { uri, selection, linked });
  }
}

/** Whether a session has anything in a file: a conversation, or a change to decide on. */
function isKnownIn({ pairing, threads }: Context, uri: Uri, { id }: SessionView): boolean {
  return pairing.fileAt(uri)?.sessionId === id || threads.isAt(uri, id);
}

interface Joining {
  readonly uri: Uri;
  readonly selection: SelectionView;
  readonly linked: SessionView;
}

/** A session that was linked for another file is not joined without asking. */
async function continueOrBegin(context: Context, { uri, selection, linked }: Joining): Promise<void> {
  const undecided = undecidedOf(context, linked);
  const ends = t("“{0}” goes to the background.", iconless(linked.title));
  const items: readonly (QuickPickItem & { readonly isNew: boolean })[] = [
    {
      label: t("Continue “{0}”", iconless(linked.title)),
      description: iconless(linked.agent),
      iconPath: new ThemeIcon("comment-discussion"),
      isNew: false,
    },
    {
      label: t("New Session"),
      detail: undecided === "" ? ends : `${ends} ${t("Not decided yet, and kept in it: {0}.", undecided)}`,
      iconPath: new ThemeIcon("add"),
      isNew: true,
    },
  ];
  const asked = { title: t("Pair Here"), placeHolder: t("Continue the session in the editor, or begin another?") };
  await pickAndOpen(items, asked, async ({ isNew }) => {
    if (isNew) {
      await begin(context, uri, selection);
    } else {
      context.threads.converse(uri, selection, linked);
    }
  });
}

async function begin(context: Context, uri: Uri, selection: SelectionView): Promise<void> {
  const asked = { title: t("Delegate Task — agent"), placeHolder: t("Which agent?") };
  await pickAndOpen(await agentChoices(context), asked, async ({ value }) => {
    if (value === undefined) {
      throw new Cancelled();
    }
    const { agent, isConfigured } = canStart(value);
    const title = inert(agent.title);
    const options = isConfigured ? await pickOptions(title, agent.options) : {};
    context.threads.converse(uri, selection, { agent: agent.name, title, options });
  });
}

/** What was written in a thread goes to the agent: as the first prompt, as a follow-up, or as a comment sent at once. */
export async function send(context: Context, argument: unknown): Promise<void> {
  await deliver(argument, (reply) => sendNow(context, reply));
}

async function sendNow(context: Context, reply: CommentReply): Promise<void> {
  const conversation = context.threads.conversation(reply) ?? (await talkedInReview(context, reply));
  if (conversation === undefined) {
    await collect(context, reply);
    return;
  }
  const { selection, partner, sessionId } = conversation;
  if (sessionId === undefined) {
    const uri = Uri.parse(selection.uri);
    const repository = (workspace.getWorkspaceFolder(uri)?.uri ?? Uri.joinPath(uri, "..")).fsPath;
    const params = { repository, ...begun(partner), prompt: reply.text, mode: "inline", selection } as const;
    const { session } = await context.server.request(newSession, params);
    await context.sessions.appeared(session.id);
    context.threads.follow(reply, session.id, 1);
    return;
  }
  const turns = context.sessions.get(sessionId)?.turns ?? 0;
  const queued = context.sessions.get(sessionId)?.queue.length ?? 0;
  await context.server.request(prompt, { sessionId, text: reply.text, selection });
  context.threads.follow(reply, sessionId, turns + queued + 1);
}

function begun({ agent, options }: Partner): Pick<NewSessionParams, "agent" | "options"> {
  return { agent, options };
}

/** What was written in a thread is collected, to be sent with other comments as one. */
export async function addToReview(context: Context, argument: unknown): Promise<void> {
  await deliver(argument, (reply) => collect(context, reply));
}

async function collect(context: Context, reply: CommentReply): Promise<void> {
  const discussion = context.threads.discussion(reply) ?? collectedInReview(context, reply);
  if (discussion === undefined) {
    throw new Cancelled();
  }
  const { hunkId, ...place } = discussion;
  const params = { ...place, text: reply.text };
  await context.server.request(addComment, hunkId === undefined ? params : { ...params, hunkId });
  context.threads.settle(reply);
}

/**
 * Without an argument, as Escape calls it: the box that was opened last. Its binding has given the focus to the code
 * before: later it could come while the next box is being opened.
 */
export async function closeThread({ threads }: Context, argument: unknown): Promise<void> {
  if (isThreaded(argument)) {
    threads.end(argument.thread);
  } else if (isThread(argument)) {
    threads.end(argument);
  } else {
    threads.leave();
    return;
  }
  await commands.executeCommand("workbench.action.focusActiveEditorGroup");
}

export async function sendReview(context: Context, argument: unknown): Promise<void> {
  const session = linkedFor(context, argument);
  await context.server.request(sendComments, { sessionId: session.id });
  announce(t("Your comments were sent to the agent."));
}

export async function shareEdits(context: Context, argument: unknown): Promise<void> {
  const session = linkedFor(context, argument);
  await context.server.request(shareLink, { sessionId: session.id });
  announce(t("The agent has your edits now."));
}

export async function finishPairing(context: Context, argument: unknown): Promise<void> {
  const session = linkedFor(context, argument);
  const undecided = undecidedOf(context, session);
  if (undecided !== "") {
    const yes = t("Finish");
    const detail = t(
      "What you accepted stays in your files, uncommitted. The rest is archived with the session; Restore brings it back.",
    );
    const question = t("Not decided yet in “{0}”: {1}.", inert(session.title), undecided);
    if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) {
      throw new Cancelled();
    }
  }
  await context.server.request(finish, { sessionId: session.id });
  announce(
    t("Pairing with “{0}” is finished. What you accepted stands in your files, uncommitted.", inert(session.title)),
  );
}

/** The linked session that a command is about; throws `Failed` where none is linked here. */
export function linkedFor(context: Context, argument: unknown): SessionView {
  const linked = context.pairing.sessions;
  const id = sessionIdOf(argument);
  const editor = window.activeTextEditor;
  const session =
    linked.find((each) => each.id === id) ?? (editor && context.pairing.sessionOf(editor.document.uri)) ?? linked[0];
  if (session === undefined) {
    throw new Failed({
      reason: "not_paired",
      message: t("No session is linked to this window's folders."),
      action: t("Begin with Pair Here, or bring a session into the editor."),
    });
  }
  return session;
}

/** Empty where everything is decided. */
function undecidedOf({ pairing }: Context, { id }: SessionView): string {
  const links = pairing.links.filter(({ sessionId }) => sessionId === id);
  return marksOf(links).length === 0 ? "" : count(links);
}

function selectionOf({ document }: TextEditor, range: Range): SelectionView {
  const isBehind = range.end.character === 0 && range.end.line > range.start.line;
  const endLine = isBehind ? range.end.line : range.end.line + 1;
  const text = range.isEmpty ? "" : document.getText(range).slice(0, LONGEST);
  const said = languages
    .getDiagnostics(document.uri)
    .filter(({ range: where }) => where.intersection(range) !== undefined);
  return {
    uri: document.uri.toString(),
    startLine: range.start.line,
    endLine,
    text,
    diagnostics: said.map(sentence),
  };
}

function sentence({ message, source, range }: Diagnostic): string {
  return `${source === undefined ? "" : `${source}: `}${message} (line ${range.start.line + 1})`;
}

/** First words that could not be delivered can be changed and sent again. */
async function deliver(argument: unknown, by: (reply: CommentReply) => Promise<void>): Promise<void> {
  if (!(argument instanceof FirstWords)) {
    await by(replyOf(argument));
    return;
  }
  if (argument.body.trim() === "") {
    throw new Cancelled();
  }
  await argument.leave();
  try {
    await by(argument.reply);
  } catch (failed) {
    argument.stay();
    throw failed;
  }
}

function replyOf(argument: unknown): CommentReply {
  if (
    !isThreaded(argument) ||
    !("text" in argument) ||
    typeof argument.text !== "string" ||
    argument.text.trim() === ""
  ) {
    throw new Cancelled();
  }
  return argument as CommentReply;
}

function isThreaded(argument: unknown): argument is { readonly thread: CommentReply["thread"] } {
  return typeof argument === "object" && argument !== null && "thread" in argument;
}

function isThread(argument: unknown): argument is CommentReply["thread"] {
  return typeof argument === "object" && argument !== null && "canReply" in argument;
}
