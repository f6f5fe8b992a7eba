/** Where errors end: in the log, and in front of the person with what helps. Knows the window; knows no verb. */

import { commands, window, type LogOutputChannel } from "vscode";
import { Cancelled, failureOf, type Failure } from "./failure.ts";
import { t } from "./l10n.ts";
import { inert } from "./text.ts";

interface Remedy {
  readonly title: string;
  readonly command: string;
  readonly argument?: string;
}

export interface Reporter {
  readonly log: LogOutputChannel;
  /** Take care of a promise that nobody awaits; `doing` completes "While …". */
  report(promise: Promise<unknown>, doing: string): void;
  /** Tell the person, with one button that does something about it. */
  tell(failure: Failure): void;
}

export function createReporter(log: LogOutputChannel): Reporter {
  const tell = (failure: Failure) => {
    const remedies = remediesFor(failure);
    const text = inert(`${failure.message} ${failure.action}`.trim());
    void window.showErrorMessage(text, ...remedies.map(({ title }) => title)).then((chosen) => {
      const remedy = remedies.find(({ title }) => title === chosen);
      if (remedy !== undefined) {
        void commands.executeCommand(remedy.command, ...(remedy.argument === undefined ? [] : [remedy.argument]));
      }
    });
  };
  const report = (promise: Promise<unknown>, doing: string) => {
    promise.catch((error: unknown) => {
      if (error instanceof Cancelled) {
        return;
      }
      const failure = failureOf(error);
      log.error(`While ${doing}: [${failure.reason}] ${failure.message}`);
      if (error instanceof Error && failure.reason === "unexpected") {
        log.error(error);
      }
      tell(failure);
    });
  };
  return { log, report, tell };
}

/** Buttons that do something about it; a refusal whose sentence says it all has none. */
function remediesFor({ reason }: Failure): readonly Remedy[] {
  const showLog = { title: t("Show Logs"), command: "segue.showLog" };
  switch (reason) {
    case "untrusted":
      return [{ title: t("Manage Workspace Trust"), command: "workbench.trust.manage" }];
    case "server_missing":
      return [
        { title: t("Open Settings"), command: "workbench.action.openSettings", argument: "segue.server.command" },
      ];
    case "python_missing":
      return [{ title: t("Choose Python"), command: "workbench.action.openSettings", argument: "segue.python" }];
    case "setup_cancelled":
      return [{ title: t("Set Up Segue"), command: "segue.restart" }];
    case "python_without_venv":
    case "environment_not_made":
    case "packages_not_installed":
      return [{ title: t("Try Again"), command: "segue.restart" }];
    case "server_gone":
    case "server_failed":
    case "incompatible_version":
      return [{ title: t("Restart Server"), command: "segue.restart" }, showLog];
    case "no_folder":
      return [{ title: t("Open Folder"), command: "vscode.openFolder" }];
    case "not_a_repository":
      return [{ title: t("Initialize Repository"), command: "git.init" }];
    case "checkout_dirty":
    case "no_commits":
    case "operation_in_progress":
      return [{ title: t("Open Source Control"), command: "workbench.view.scm" }];
    case "agent_not_found":
    case "git_missing":
    case "git_too_old":
      return [{ title: t("Doctor"), command: "segue.doctor" }];
    case "unexpected":
      return [showLog];
    default:
      return [];
  }
}
