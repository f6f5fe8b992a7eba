/** The status bar item: how many sessions work, how many wait. */

import { StatusBarAlignment, ThemeColor, window } from "vscode";
import type { Server } from "../client/server.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { Disposable } from "../shared/disposable.ts";
import { t } from "../shared/l10n.ts";

export class StatusItem extends Disposable {
  private readonly item = this.register(window.createStatusBarItem("segue.status", StatusBarAlignment.Left, 50));
  private readonly server: Server;
  private readonly sessions: Sessions;

  constructor(server: Server, sessions: Sessions) {
    super();
    this.server = server;
    this.sessions = sessions;
    this.item.name = t("Segue");
    this.register(server.onState(() => this.render()));
    this.register(sessions.onChange(() => this.render()));
    this.render();
  }

  private render(): void {
    const { state } = this.server;
    const working = this.count("working");
    const waiting = this.count("needs_you");
    const queued = this.sessions.all.filter(({ place }) => place !== undefined).length;
    this.item.backgroundColor = undefined;
    if (state.kind === "failed") {
      this.item.text = `$(error) ${t("Segue")}`;
      this.item.tooltip = t("Segue's server is not running. Click for the log.");
      this.item.command = "segue.showLog";
    } else {
      this.item.text = `$(hubot) ${t("{0} working · {1} waiting", working, waiting)}`;
      const pick = t("Segue sessions: click to pick one");
      this.item.tooltip = queued === 0 ? pick : `${pick}\n${t("{0} wait for other sessions to end", queued)}`;
      this.item.command = "segue.showSessions";
      if (waiting > 0) {
        this.item.backgroundColor = new ThemeColor("statusBarItem.warningBackground");
      }
    }
    this.item.accessibilityInformation = { label: t("Segue: {0} working, {1} waiting for you", working, waiting) };
    const isOfUse = state.kind === "failed" || this.sessions.all.some((session) => !session.isArchived);
    if (isOfUse) {
      this.item.show();
    } else {
      this.item.hide();
    }
  }

  private count(bucket: "working" | "needs_you"): number {
    return this.sessions.all.filter((session) => session.bucket === bucket).length;
  }
}
