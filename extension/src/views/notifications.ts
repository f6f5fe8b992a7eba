/**
 * Notifications, for what needs the user and for what is ready. Knows toasts; what is worth one is known elsewhere.
 * VS Code lets nobody take back a toast of their own: a late answer is told how the question was settled.
 */

import { commands, window, workspace, type Memento } from "vscode";
import type { Server } from "../client/server.ts";
import { answer, type OptionView, type SessionView } from "../protocol/generated.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { applies } from "../sessions/verbs.ts";
import { Disposable } from "../shared/disposable.ts";
import { failureOf } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import type { Reporter } from "../shared/report.ts";
import { inert } from "../shared/text.ts";
import type { Folders } from "./folders.ts";
import {
  buttonsOf,
  digestOf,
  fitsNotification,
  isCurrent,
  Notices,
  noticeText,
  requestIdOf,
  type Notice,
} from "./notices.ts";
import { settledText } from "./outcomes.ts";

const KEY = "segue.told";
/** What comes within this time is told together; what is settled within it is not told. */
const TOGETHER_MS = 400;
/** How long a late answer waits for the transcript that says how the question was settled. */
const PATIENCE_MS = 3_000;

export interface NotificationParts {
  readonly server: Server;
  readonly sessions: Sessions;
  readonly folders: Folders;
  readonly reporter: Reporter;
  /** What this window told before it was reloaded. */
  readonly memory: Memento;
  /** Whether the session is before the user's eyes anyway. */
  readonly isInSight: (sessionId: string) => boolean;
  /** Whether it is about to be. */
  readonly isComing: (sessionId: string) => boolean;
}

export class Notifications extends Disposable {
  private readonly parts: NotificationParts;
  private readonly notices: Notices;
  private waiting: Notice[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: NotificationParts) {
    super();
    this.parts = parts;
    this.notices = new Notices(parts.memory.get<readonly string[]>(KEY, []));
    this.register(parts.sessions.onChange(() => this.look()));
    this.register({ dispose: () => clearTimeout(this.timer) });
  }

  private look(): void {
    const { sessions, memory } = this.parts;
    const found = this.notices.take(sessions.all);
    if (found.some((notice) => requestIdOf(notice) !== undefined)) {
      void memory.update(KEY, this.notices.told);
    }
    this.waiting.push(...found);
    this.tellSoon();
  }

  private tellSoon(): void {
    if (this.waiting.length > 0) {
      this.timer ??= setTimeout(() => this.tell(), TOGETHER_MS);
    }
  }

  private tell(): void {
    this.timer = undefined;
    const isComing = ({ session }: Notice) => this.parts.isComing(session.id);
    const due = this.waiting.filter((each) => !isComing(each));
    this.waiting = this.waiting.filter(isComing);
    this.tellSoon();
    const [notice, ...more] = due.filter((each) => this.isWorthIt(each));
    if (notice !== undefined) {
      const shown = more.length === 0 ? this.show(notice) : this.digest([notice, ...more]);
      this.parts.reporter.report(shown, t("showing a notification"));
    }
  }

  private isWorthIt(notice: Notice): boolean {
    const { sessions, folders, isInSight } = this.parts;
    const { id, repository } = notice.session;
    const isHere = folders.isEmpty || folders.holds(repository);
    return isHere && isWanted(notice.kind) && isCurrent(notice, sessions.get(id)) && !isInSight(id);
  }

  private async show(notice: Notice): Promise<void> {
    const buttons = buttonsFor(notice);
    const chosen = await window.showInformationMessage<Button>(noticeText(notice), ...buttons);
    if (chosen === undefined) {
      return;
    }
    const { id } = notice.session;
    const requestId = requestIdOf(notice);
    if (requestId !== undefined && !isCurrent(notice, this.parts.sessions.get(id))) {
      await this.tellSettled(notice.session, requestId);
    } else if (chosen.option !== undefined && requestId !== undefined) {
      await this.answer(notice.session, requestId, chosen.option);
    } else if (chosen.command !== undefined) {
      await commands.executeCommand(chosen.command, id);
    }
  }

  private async digest(notices: readonly Notice[]): Promise<void> {
    const { text, button, sessionId } = digestOf(notices);
    if ((await window.showInformationMessage(text, button.title)) !== undefined) {
      await commands.executeCommand(button.command, ...(sessionId === undefined ? [] : [sessionId]));
    }
  }

  private async answer(session: SessionView, requestId: string, { optionId }: OptionView): Promise<void> {
    try {
      await this.parts.server.request(answer, { sessionId: session.id, requestId, optionId });
    } catch (error) {
      if (failureOf(error).reason !== "already_decided") {
        throw error;
      }
      await this.tellSettled(session, requestId);
    }
  }

  private async tellSettled({ id, title }: SessionView, requestId: string): Promise<void> {
    const open = t("Open Session");
    const text = await this.settled(id, title, requestId);
    if ((await window.showInformationMessage(text, open)) === open) {
      await commands.executeCommand("segue.open", id);
    }
  }

  private async settled(id: string, title: string, requestId: string): Promise<string> {
    const { sessions } = this.parts;
    const arrived = Promise.withResolvers<undefined>();
    const following = sessions.follow(id, () => arrived.resolve(undefined));
    const timer = setTimeout(() => arrived.resolve(undefined), PATIENCE_MS);
    try {
      if (sessions.transcriptSeq(id) === undefined) {
        await arrived.promise;
      }
      return settledText(title, requestId, sessions.transcript(id));
    } finally {
      clearTimeout(timer);
      following.dispose();
    }
  }
}

interface Button {
  readonly title: string;
  readonly option?: OptionView;
  readonly command?: string;
}

/** A question that can be shown whole is answered by its own buttons. */
function buttonsFor(notice: Notice): readonly Button[] {
  if (notice.kind !== "question") {
    return buttonsOf(notice);
  }
  const { permission, session } = notice;
  const options = fitsNotification(permission) ? permission.options : [];
  return [
    ...options.map((option) => ({ title: inert(option.name), option })),
    ...(applies("link", session) ? [{ title: t("Bring into Editor"), command: "segue.link" }] : []),
    { title: t("Show…"), command: "segue.answer" },
  ];
}

function isWanted(kind: Notice["kind"]): boolean {
  const setting = kind === "ready" ? "notifications.ready" : "notifications.needsYou";
  return workspace.getConfiguration("segue").get(setting, true);
}
