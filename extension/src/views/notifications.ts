/** Notifications, for what needs the user and for what is ready. Knows toasts; what is worth one is known elsewhere. */

import { commands, window, workspace } from "vscode";
import type { Server } from "../client/server.ts";
import { answer, type OptionView, type PermissionView, type SessionView } from "../protocol/generated.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { applies } from "../sessions/verbs.ts";
import { Disposable } from "../shared/disposable.ts";
import { t } from "../shared/l10n.ts";
import type { Reporter } from "../shared/report.ts";
import { inert } from "../shared/text.ts";
import type { Folders } from "./folders.ts";
import { buttonsOf, fitsNotification, Notices, noticeText, type Notice } from "./notices.ts";

export interface NotificationParts {
  readonly server: Server;
  readonly sessions: Sessions;
  readonly folders: Folders;
  readonly reporter: Reporter;
}

export class Notifications extends Disposable {
  private readonly parts: NotificationParts;
  private readonly notices = new Notices();

  constructor(parts: NotificationParts) {
    super();
    this.parts = parts;
    this.register(parts.sessions.onChange(() => this.look()));
  }

  private look(): void {
    const { sessions, folders, reporter } = this.parts;
    for (const notice of this.notices.take(sessions.all)) {
      if (isWanted(notice.kind) && (folders.isEmpty || folders.holds(notice.session.repository))) {
        reporter.report(this.show(notice), t("showing a notification"));
      }
    }
  }

  private show(notice: Notice): Promise<void> {
    return notice.kind === "question"
      ? this.ask(notice.session, notice.permission, noticeText(notice))
      : this.offer(notice);
  }

  private async offer(notice: Notice): Promise<void> {
    const buttons = buttonsOf(notice);
    const chosen = await window.showInformationMessage(noticeText(notice), ...buttons.map(({ title }) => title));
    const command = buttons.find(({ title }) => title === chosen)?.command;
    if (command !== undefined) {
      await commands.executeCommand(command, notice.session.id);
    }
  }

  private async ask(session: SessionView, permission: PermissionView, text: string): Promise<void> {
    const elsewhere: Button = { title: t("Show…"), option: undefined };
    const bring: Button = { title: t("Bring into Editor"), option: undefined };
    const options = fitsNotification(permission) ? permission.options.map(button) : [];
    const chosen = await window.showInformationMessage<Button>(
      text,
      ...options,
      ...(applies("link", session) ? [bring] : []),
      elsewhere,
    );
    if (chosen === undefined || !this.isOpen(session.id, permission.requestId)) {
      return;
    }
    if (chosen.option === undefined) {
      await commands.executeCommand(chosen === bring ? "segue.link" : "segue.answer", session.id);
      return;
    }
    const { optionId } = chosen.option;
    await this.parts.server.request(answer, { sessionId: session.id, requestId: permission.requestId, optionId });
  }

  /** A toast cannot be taken back; an answer to a request that is decided already is dropped here. */
  private isOpen(sessionId: string, requestId: string): boolean {
    const session = this.parts.sessions.get(sessionId);
    const isOpen = session?.permissions.some((permission) => permission.requestId === requestId) ?? false;
    if (!isOpen) {
      void window.setStatusBarMessage(t("That request was answered already."), 5_000);
    }
    return isOpen;
  }
}

interface Button {
  readonly title: string;
  readonly option: OptionView | undefined;
}

function button(option: OptionView): Button {
  return { title: inert(option.name), option };
}

function isWanted(kind: Notice["kind"]): boolean {
  const setting = kind === "ready" ? "notifications.ready" : "notifications.needsYou";
  return workspace.getConfiguration("segue").get(setting, true);
}
