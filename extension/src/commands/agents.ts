/** Agents: which there are, and what can be done with one. What is done is the server's; a window only reads along. */

import { ProgressLocation, ThemeIcon, window, type CancellationToken, type QuickPickItem } from "vscode";
import {
  agentCancel,
  listAgents,
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
import { sessionFor } from "./pick.ts";

interface AgentItem extends QuickPickItem {
  readonly agent: AgentView;
}

interface ActionItem extends QuickPickItem {
  readonly act: () => Promise<void>;
}

interface MethodItem extends QuickPickItem {
  readonly method: SignInMethodView;
}

/** All agents, then what can be done with the chosen one. */
export async function showAgents(context: Context): Promise<void> {
  const agent = await pickAgent(context, t("Segue — Agents"));
  const actions = actionsFor(context, agent);
  const title = t("{0} — {1}", agent.title, stateOf(agent));
  const placeHolder = iconless(agent.problem ?? agent.description);
  const chosen = await window.showQuickPick(actions, { title: inert(title), placeHolder });
  if (chosen === undefined) {
    throw new Cancelled();
  }
  await chosen.act();
}

export async function checkAgent(context: Context): Promise<void> {
  await check(context, await pickAgent(context, t("Which agent is to be checked?")));
}

/** For a session that waits for it, else for an agent that is picked. */
export async function signIn(context: Context, argument: unknown): Promise<void> {
  const waiting = context.sessions.all.some(({ needsSignIn }) => needsSignIn);
  if (argument !== undefined || waiting) {
    const { agent } = await sessionFor(context, "signin", argument);
    await signInWith(context, agent);
    return;
  }
  const agent = await pickAgent(context, t("Which agent do you want to sign in with?"));
  await signInWith(context, agent.name);
}

async function pickAgent(context: Context, title: string): Promise<AgentView> {
  const { agents } = await context.server.request(listAgents, {});
  const order = (agent: AgentView) => (agent.isAvailable ? 0 : agent.canInstall ? 1 : 2);
  const items = [...agents].sort((one, other) => order(one) - order(other)).map(agentItem);
  const chosen = await window.showQuickPick(items, { title, matchOnDescription: true, matchOnDetail: true });
  if (chosen === undefined) {
    throw new Cancelled();
  }
  return chosen.agent;
}

function agentItem(agent: AgentView): AgentItem {
  const icon = agent.isAvailable ? "pass" : agent.canInstall ? "cloud-download" : "circle-slash";
  return {
    agent,
    label: iconless(agent.title),
    description: iconless(stateOf(agent)),
    detail: iconless(agent.description),
    iconPath: new ThemeIcon(agent.doing === undefined ? icon : "loading~spin"),
  };
}

function stateOf(agent: AgentView): string {
  if (agent.doing !== undefined) {
    return t("Segue is at work on it");
  }
  if (!agent.isAvailable) {
    return agent.canInstall ? t("not installed · Segue can install {0}", agent.package ?? "") : t("not installed");
  }
  return [agent.version, placeOf(agent)].filter(Boolean).join(" · ");
}

function placeOf({ place }: AgentView): string {
  switch (place) {
    case "segue":
      return t("installed by Segue");
    case "path":
      return t("on PATH");
    case "npm":
      return t("in your npm prefix");
    case "definition":
      return t("as you defined it");
    case undefined:
    default:
      return t("part of Segue");
  }
}

function actionsFor(context: Context, agent: AgentView): readonly ActionItem[] {
  const item = (icon: string, label: string, act: () => Promise<void>): ActionItem => ({
    label,
    iconPath: new ThemeIcon(icon),
    act,
  });
  const actions: ActionItem[] = [];
  if (agent.canInstall && !agent.isInstalled) {
    const label = t("Install {0}, for Segue alone", iconless(agent.package ?? agent.title));
    actions.push(item("cloud-download", label, () => install(context, agent)));
  }
  if (agent.isAvailable) {
    actions.push(item("pulse", t("Check that it works here"), () => check(context, agent)));
    actions.push(item("account", t("Sign in…"), () => signInWith(context, agent.name)));
  }
  if (agent.isInstalled) {
    actions.push(item("trash", t("Remove what Segue installed"), () => remove(context, agent)));
  }
  if (actions.length === 0) {
    const tell = () => Promise.resolve(window.showInformationMessage(inert(agent.problem ?? ""))).then(() => undefined);
    actions.push(item("info", t("How to get it"), tell));
  }
  return actions;
}

async function install(context: Context, agent: AgentView): Promise<void> {
  await follow(context, { name: agent.name, action: "install" }, t("Installing {0}", inert(agent.title)));
  void window.showInformationMessage(t("{0} is installed. {1}", inert(agent.title), inert(agent.login)));
}

async function remove(context: Context, agent: AgentView): Promise<void> {
  await follow(context, { name: agent.name, action: "uninstall" }, t("Removing {0}", inert(agent.title)));
}

async function check(context: Context, agent: AgentView): Promise<void> {
  await follow(context, { name: agent.name, action: "check" }, t("Checking {0}", inert(agent.title)));
  void window.showInformationMessage(t("{0} works here.", inert(agent.title)));
}

async function signInWith(context: Context, name: string): Promise<void> {
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
