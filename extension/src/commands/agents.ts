/** Agents: which there are, and what can be done with one. What is done is the server's; a window only reads along. */

import { commands, ThemeIcon, Uri, window, type QuickPickItem } from "vscode";
import { listAgents, type AgentView } from "../protocol/generated.ts";
import { Cancelled, Failed } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { iconless, inert } from "../shared/text.ts";
import { agentRow, inOrder, stateText } from "../views/agentRows.ts";
import { check, install, remove, signInWith } from "./agentJobs.ts";
import type { Context } from "./context.ts";
import { delegateTo } from "./delegate.ts";
import { sessionFor } from "./pick.ts";

interface AgentItem extends QuickPickItem {
  readonly agent: AgentView;
}

interface ActionItem extends QuickPickItem {
  readonly act: () => Promise<void>;
}

/** What the key says that stands for the selected row. */
const SELECTED = "selected";

/** All agents, or the one of a row, then what can be done with it. */
export async function showAgents(context: Context, argument: unknown): Promise<void> {
  const { selected } = context.agents;
  const row = argument === SELECTED && selected !== undefined ? { agent: selected } : argument;
  const agent = await agentFor(context, row, t("Segue — Agents"), () => true);
  const actions = actionsFor(context, agent);
  const title = t("{0} — {1}", agent.title, stateText(agent));
  const placeHolder = iconless(agent.problem ?? agent.description);
  const chosen = await window.showQuickPick(actions, { title: inert(title), placeHolder });
  if (chosen === undefined) {
    throw new Cancelled();
  }
  await chosen.act();
}

export async function checkAgent(context: Context, argument: unknown): Promise<void> {
  await check(context, await agentFor(context, argument, t("Which agent is to be checked?"), isAvailable));
}

export async function installAgent(context: Context, argument: unknown): Promise<void> {
  const isMissing = ({ canInstall, isInstalled }: AgentView) => canInstall && !isInstalled;
  await install(context, await agentFor(context, argument, t("Which agent is to be installed?"), isMissing));
}

export async function removeAgent(context: Context, argument: unknown): Promise<void> {
  const ours = ({ isInstalled }: AgentView) => isInstalled;
  await remove(context, await agentFor(context, argument, t("Which agent is to be removed?"), ours));
}

export async function newSessionWith(context: Context, argument: unknown): Promise<void> {
  const agent = await agentFor(context, argument, t("Which agent is to work?"), isAvailable);
  await delegateTo(context, agent);
}

/** The file that defines it: to be changed where a person wrote it, to be read only where it came with Segue. */
export async function openAgent(context: Context, argument: unknown): Promise<void> {
  const { definition, source } = await agentFor(context, argument, t("Which definition is to be opened?"), () => true);
  if (definition === undefined) {
    await openAgentSettings();
    return;
  }
  await window.showTextDocument(Uri.file(definition), { preview: true });
  if (source === "built-in") {
    await commands.executeCommand("workbench.action.files.setActiveEditorReadonlyInSession");
  }
}

/** Where a person defines agents of their own. */
export async function openAgentSettings(): Promise<void> {
  await commands.executeCommand("workbench.action.openSettings", "segue.agentServers");
}

export function refreshAgents(context: Context): Promise<void> {
  context.agents.refresh();
  return Promise.resolve();
}

/** For an agent's row, else for a session that waits for it, else for an agent that is picked. */
export async function signIn(context: Context, argument: unknown): Promise<void> {
  const named = nameOf(argument);
  if (named !== undefined) {
    await signInWith(context, named);
    return;
  }
  const waiting = context.sessions.all.some(({ needsSignIn }) => needsSignIn);
  if (argument !== undefined || waiting) {
    const { agent } = await sessionFor(context, "signin", argument);
    await signInWith(context, agent);
    return;
  }
  const agent = await pickAgent(context, t("Which agent do you want to sign in with?"));
  await signInWith(context, agent.name);
}

function isAvailable(agent: AgentView): boolean {
  return agent.isAvailable;
}

/** The agent of a row. */
function nameOf(argument: unknown): string | undefined {
  const isRow = typeof argument === "object" && argument !== null && "agent" in argument;
  return isRow && typeof argument.agent === "string" ? argument.agent : undefined;
}

/** The agent whose row it is, else one of those that fit; throws `Failed` where none does. */
async function agentFor(
  context: Context,
  argument: unknown,
  title: string,
  isFit: (agent: AgentView) => boolean,
): Promise<AgentView> {
  const name = nameOf(argument);
  if (name === undefined) {
    return pickAgent(context, title, isFit);
  }
  const { agents } = await context.server.request(listAgents, {});
  const agent = agents.find((each) => each.name === name);
  if (agent === undefined) {
    throw new Failed({ reason: "agent_unknown", message: t("That agent is not defined any more."), action: "" });
  }
  return agent;
}

async function pickAgent(
  context: Context,
  title: string,
  isFit: (agent: AgentView) => boolean = () => true,
): Promise<AgentView> {
  const { agents } = await context.server.request(listAgents, {});
  const items = inOrder(agents).filter(isFit).map(agentItem);
  if (items.length === 0) {
    throw new Failed({ reason: "nothing_applies", message: t("There is no agent to do this with."), action: "" });
  }
  const chosen = await window.showQuickPick(items, { title, matchOnDescription: true, matchOnDetail: true });
  if (chosen === undefined) {
    throw new Cancelled();
  }
  return chosen.agent;
}

function agentItem(agent: AgentView): AgentItem {
  return {
    agent,
    label: iconless(agent.title),
    description: iconless(stateText(agent)),
    detail: iconless(agent.description),
    iconPath: new ThemeIcon(agentRow(agent).icon.name),
  };
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
