/**
 * Which welcome view the empty tree shows. Its texts stand in package.json; here is decided which holds. Where the
 * server refuses the folder for a reason of its own, the server's sentence stands there instead.
 */

import { commands } from "vscode";
import type { Server } from "../client/server.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { Disposable } from "../shared/disposable.ts";
import type { Failure } from "../shared/failure.ts";
import type { Reporter } from "../shared/report.ts";
import { t } from "../shared/l10n.ts";
import { inert } from "../shared/text.ts";
import type { Folders, Survey } from "./folders.ts";
import type { SessionTree } from "./tree.ts";

export type Welcome =
  | "untrusted"
  | "installing"
  | "setup"
  | "starting"
  | "missing"
  | "failed"
  | "noFolder"
  | "noRepository"
  | "refused"
  | "empty"
  | "none";

export interface WelcomeParts {
  readonly server: Server;
  readonly sessions: Sessions;
  readonly folders: Folders;
  readonly reporter: Reporter;
  readonly tree: SessionTree;
}

const NO_REPOSITORY = new Set(["not_a_repository", "no_commits"]);
/** The server is not there, and could not be set up. */
const NOT_SET_UP = new Set([
  "python_missing",
  "python_without_venv",
  "environment_not_made",
  "packages_not_installed",
  "setup_cancelled",
]);

export class WelcomeContext extends Disposable {
  private readonly server: Server;
  private readonly sessions: Sessions;
  private readonly folders: Folders;
  private readonly reporter: Reporter;
  private readonly tree: SessionTree;
  private survey: Survey | undefined;

  constructor({ server, sessions, folders, reporter, tree }: WelcomeParts) {
    super();
    this.server = server;
    this.sessions = sessions;
    this.folders = folders;
    this.reporter = reporter;
    this.tree = tree;
    this.register(server.onState(() => this.look()));
    this.register(sessions.onChange(() => this.show()));
    this.register(folders.onChange(() => this.look()));
    this.look();
  }

  private look(): void {
    this.show();
    if (this.server.state.kind === "running") {
      const survey = this.folders.survey().then((found) => {
        this.survey = found;
        this.show();
      });
      this.reporter.report(survey, t("looking at this window's folders"));
    }
  }

  private show(): void {
    const welcome = this.decide();
    const { state } = this.server;
    const refusal =
      welcome === "refused" ? this.refusal : welcome === "setup" && state.kind === "failed" ? state.failure : undefined;
    this.tree.say(
      refusal === undefined ? this.elsewhere(welcome) : inert(`${refusal.message} ${refusal.action}`.trim()),
    );
    void commands.executeCommand("setContext", "segue.welcome", welcome);
  }

  /** Why no folder of the window can be worked in, where that is not simply that there is no repository. */
  private get refusal(): Failure | undefined {
    const { places, refusals } = this.survey ?? { places: [], refusals: [] };
    return places.length > 0 ? undefined : refusals.find(({ reason }) => !NO_REPOSITORY.has(reason));
  }

  /** Says that the rows belong to other repositories, where this window has none. */
  private elsewhere(welcome: Welcome): string {
    const hasNone = this.survey !== undefined && this.survey.places.length === 0 && !this.folders.isEmpty;
    return welcome === "none" && hasNone
      ? t("This folder is not in a git repository. The sessions below belong to other repositories.")
      : "";
  }

  private decide(): Welcome {
    const { state } = this.server;
    if (state.kind === "untrusted") {
      return "untrusted";
    }
    if (state.kind === "failed") {
      const { reason } = state.failure;
      return reason === "server_missing" ? "missing" : NOT_SET_UP.has(reason) ? "setup" : "failed";
    }
    if (state.kind === "installing") {
      return "installing";
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
    if (this.refusal !== undefined) {
      return "refused";
    }
    return this.survey === undefined || this.survey.places.length > 0 ? "empty" : "noRepository";
  }
}
