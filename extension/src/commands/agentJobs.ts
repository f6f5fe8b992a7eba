/** What is done with an agent outside of sessions, in sight of the person. The server does it; a window reads along. */

import { ProgressLocation, window, type CancellationToken, type QuickPickItem } from "vscode";
import {
  agentCancel,
  agentProgress,
  agentResume,
  agentRun,
  type AgentAction,
  type AgentProgress,
  type AgentView,
  type SignInMethodView,
} from "../protocol/generated.ts";
import { Cancelled, Failed } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { iconless, inert } from "../shared/text.ts";
import type { Context } from "./context.ts";

interface MethodItem extends QuickPickItem {
  readonly method: SignInMethodView;
}

export async function install(context: Context, agent: AgentView): Promise<void> {
  await follow(context, { name: agent.name, action: "install" }, t("Installing {0}", inert(agent.title)));
  void window.showInformationMessage(t("{0} is installed. {1}", inert(agent.title), inert(agent.login)));
}

export async function remove(context: Context, agent: AgentView): Promise<void> {
  await follow(context, { name: agent.name, action: "uninstall" }, t("Removing {0}", inert(agent.title)));
}

export async function check(context: Context, agent: AgentView): Promise<void> {
  await follow(context, { name: agent.name, action: "check" }, t("Checking {0}", inert(agent.title)));
  void window.showInformationMessage(t("{0} works here.", inert(agent.title)));
}

export async function signInWith(context: Context, name: string): Promise<void> {
  const asked = await follow(context, { name, action: "methods" }, t("Asking {0} how to sign in", inert(name)));
  const items = asked.methods.map((method): MethodItem => ({
    method,
    label: iconless(method.name),
    description: iconless(method.description),
  }));
  if (items.length === 0) {
    const action = t("Sign in with its own program, then send the prompt again.");
    throw new Failed({ reason: "no_method", message: t("{0} offers no way to sign in.", inert(name)), action });
  }
  const chosen = await window.showQuickPick(items, { title: t("Sign in with {0}", inert(name)) });
  if (chosen === undefined) {
    throw new Cancelled();
  }
  const { id, kind, variables } = chosen.method;
  if (kind === "variables") {
    const message = t("{0} reads these variables: {1}.", inert(name), inert(variables.join(", ")));
    const action = t("Set them where the editor is started, then start it again.");
    throw new Failed({ reason: "variables_needed", message, action });
  }
  if (kind === "agent") {
    await follow(context, { name, action: "sign_in", method: id }, t("Signing in with {0}", inert(name)));
    return;
  }
  await inTerminal(name, chosen.method);
  await context.server.request(agentResume, { name });
  context.agents.refresh();
}

/** Nothing runs before a person has seen the whole command. */
async function inTerminal(name: string, { command, env }: SignInMethodView): Promise<void> {
  const [shellPath, ...shellArgs] = command;
  const run = t("Run in Terminal");
  const detail = command.map(inert).join(" ");
  const message = t("{0} wants to run a command to sign you in.", inert(name));
  const answer = await window.showInformationMessage(message, { modal: true, detail }, run);
  if (answer !== run || shellPath === undefined) {
    throw new Cancelled();
  }
  const terminal = window.createTerminal({ name: t("Sign in with {0}", inert(name)), shellPath, shellArgs, env });
  terminal.show();
  const code = await new Promise<number | undefined>((resolve) => {
    const listening = window.onDidCloseTerminal((closed) => {
      if (closed === terminal) {
        listening.dispose();
        resolve(closed.exitStatus?.code);
      }
    });
  });
  if (code !== 0) {
    throw new Failed({
      reason: "sign_in_failed",
      message: t("The command to sign in did not end well."),
      action: t("Try again, or choose another way."),
    });
  }
}

interface Wanted {
  readonly name: string;
  readonly action: AgentAction;
  readonly method?: string;
}

/** Have it done, in sight of the person; what it says goes to the log. Throws `Failed`, or `Cancelled` by the person. */
async function follow(context: Context, wanted: Wanted, title: string): Promise<AgentProgress> {
  const options = { location: ProgressLocation.Notification, title, cancellable: true };
  return await window.withProgress(options, async (progress, token) => {
    const listening = token.onCancellationRequested(() => {
      context.reporter.report(context.server.request(agentCancel, { name: wanted.name }), title);
    });
    try {
      return await toItsEnd(context, wanted, (message) => progress.report({ message }), token);
    } finally {
      listening.dispose();
      context.agents.refresh();
    }
  });
}

async function toItsEnd(
  context: Context,
  wanted: Wanted,
  tell: (line: string) => void,
  token: CancellationToken,
): Promise<AgentProgress> {
  let told = await context.server.request(agentRun, wanted);
  context.agents.refresh();
  for (;;) {
    told.lines.forEach((line) => context.reporter.log.info(`${wanted.name}: ${line}`));
    const newest = told.lines.at(-1);
    if (newest !== undefined) {
      tell(inert(newest).slice(0, 100));
    }
    if (!told.isRunning) {
      break;
    }
    told = await context.server.request(agentProgress, { name: wanted.name, after: told.next });
  }
  if (token.isCancellationRequested) {
    throw new Cancelled();
  }
  if (told.failure !== undefined) {
    throw new Failed(told.failure);
  }
  return told;
}
