/** Which welcome view the empty tree shows. Its texts stand in package.json; here is decided which holds. */

import { commands } from "vscode";
import type { Server } from "../client/server.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { Disposable } from "../shared/disposable.ts";
import type { Reporter } from "../shared/report.ts";
import { t } from "../shared/l10n.ts";
import type { Folders } from "./folders.ts";

export type Welcome = "untrusted" | "starting" | "missing" | "failed" | "noFolder" | "noRepository" | "empty" | "none";

export class WelcomeContext extends Disposable {
  private readonly server: Server;
  private readonly sessions: Sessions;
  private readonly folders: Folders;
  private readonly reporter: Reporter;
  private hasRepository = true;

  constructor(server: Server, sessions: Sessions, folders: Folders, reporter: Reporter) {
    super();
    this.server = server;
    this.sessions = sessions;
    this.folders = folders;
    this.reporter = reporter;
    this.register(server.onState(() => this.look()));
    this.register(sessions.onChange(() => this.show()));
    this.register(folders.onChange(() => this.look()));
    this.look();
  }

  private look(): void {
    this.show();
    if (this.server.state.kind === "running") {
      const survey = this.folders.survey().then(({ places }) => {
        this.hasRepository = places.length > 0;
        this.show();
      });
      this.reporter.report(survey, t("looking at this window's folders"));
    }
  }

  private show(): void {
    void commands.executeCommand("setContext", "segue.welcome", this.decide());
  }

  private decide(): Welcome {
    const { state } = this.server;
    if (state.kind === "untrusted") {
      return "untrusted";
    }
    if (state.kind === "failed") {
      return state.failure.reason === "server_missing" ? "missing" : "failed";
    }
    if (this.sessions.all.length > 0) {
      return "none";
    }
    if (!this.sessions.isLoaded) {
      return "starting";
    }
    if (this.folders.isEmpty) {
      return "noFolder";
    }
    return this.hasRepository ? "empty" : "noRepository";
  }
}
