/** Delegating a task: where, to whom, from which branch, what. Nothing is created before the last answer. */

import { ProgressLocation, QuickPickItemKind, ThemeIcon, window, type QuickPickItem } from "vscode";
import {
  listAgents,
  newSession,
  type AgentView,
  type BranchView,
  type NewSessionParams,
  type RepositoryView,
  type SessionResult,
} from "../protocol/generated.ts";
import { Cancelled, Failed } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { baseName, iconless, inert } from "../shared/text.ts";
import type { Place } from "../views/folders.ts";
import { pickOptions } from "./configure.ts";
import type { Context } from "./context.ts";

export interface Choice<T> extends QuickPickItem {
  readonly value?: T;
}

export interface Delegate {
  readonly agent: AgentView;
  /** Whether a model, a mode or something else is to be chosen first. */
  readonly isConfigured: boolean;
  /** Whether it only plans until a person approves. */
  readonly isPlanned?: boolean;
}

export async function delegate(context: Context): Promise<void> {
  await delegateAt(context, await pickPlace(context), await pickAgent(context));
}

/** The agent only plans until a person approves. */
export async function delegatePlan(context: Context): Promise<void> {
  const place = await pickPlace(context);
  const chosen = await pickAgent(context);
  if (!chosen.agent.canPlan) {
    const message = t("{0} runs commands as they are; it makes no plans.", inert(chosen.agent.title));
    throw new Failed({ reason: "cannot_plan", message, action: t("Delegate it without a plan, or to another agent.") });
  }
  await delegateAt(context, place, { ...chosen, isPlanned: true });
}

/** The same with an agent that was chosen before. */
export async function delegateTo(context: Context, agent: AgentView): Promise<void> {
  await delegateAt(context, await pickPlace(context), { agent, isConfigured: false });
}

async function delegateAt(context: Context, place: Place, chosen: Delegate): Promise<void> {
  const { agent, isConfigured, isPlanned = false } = chosen;
  const options = isConfigured ? await pickOptions(inert(agent.title), agent.options) : {};
  const base = await pickBase(place.repository);
  const planning = { isFirst: isPlanned };
  const question = {
    title: t("Delegate to {0} — prompt", agent.title),
    hint: inert(agent.promptHint),
    notes: place.repository.notes.map(({ message }) => `• ${inert(message)}`),
    languageId: agent.name === "command" ? "shellscript" : "markdown",
    ...(agent.canPlan ? { planning } : {}),
  };
  const { session } = await context.promptEditor.askAndSend(question, (prompt) => {
    const { isFirst } = planning;
    const params: NewSessionParams = { repository: place.path, agent: agent.name, prompt, options, isPlanned: isFirst };
    const task = () => begin(context, base === undefined ? params : { ...params, base });
    return window.withProgress({ location: { viewId: "segue.sessions" }, title: t("Starting a session") }, task);
  });
  await window.withProgress(
    { location: ProgressLocation.Window, title: t("Started “{0}”", inert(session.title)) },
    () => context.sessions.appeared(session.id),
  );
}

/** The session is in the view at once: the agent may ask before its prompt's editor is closed. */
async function begin(context: Context, params: NewSessionParams): Promise<SessionResult> {
  const made = await context.server.request(newSession, params);
  context.panes.offer(made.session.id);
  return made;
}

/** A first task for everyone: needs no key and asks before it writes. */
const EXAMPLE = 'segue-ask "Add a line to the README?" &&\necho "Edited by a codemod." >> README.md';

export async function delegateExample(context: Context): Promise<void> {
  const { path, repository } = await pickPlace(context);
  const base = repository.headRef ?? repository.defaultBranch;
  const params: NewSessionParams = {
    repository: path,
    agent: "command",
    prompt: EXAMPLE,
    title: t("Add a line to the README"),
  };
  const { session } = await begin(context, base === undefined ? params : { ...params, base });
  await context.sessions.appeared(session.id);
  await context.tree.reveal(session);
}

async function pickPlace(context: Context): Promise<Place> {
  const { places, refusals } = await context.folders.survey();
  const [first] = places;
  if (first === undefined) {
    throw new Failed(
      refusals[0] ?? {
        reason: "no_folder",
        message: t("No folder is open."),
        action: t("Open a folder that is a git repository."),
      },
    );
  }
  const items = places.map((place): Choice<Place> => ({
    label: iconless(baseName(place.path)),
    description: iconless(place.repository.subfolder === "" ? place.repository.root : place.path),
    value: place,
  }));
  return places.length === 1 ? first : choose(items, t("Delegate Task — repository"), t("Which repository?"));
}

export async function pickAgent(context: Context): Promise<Delegate> {
  return canStart(await choose(await agentChoices(context), t("Delegate Task — agent"), t("Which agent?")));
}

/** What `pickAgent` asks with. */
export async function agentChoices(context: Context): Promise<readonly Choice<Delegate>[]> {
  const { agents } = await context.server.request(listAgents, {});
  const available = agents.filter((agent) => agent.isAvailable);
  const missing = agents.filter((agent) => !agent.isAvailable);
  return [
    ...available.flatMap((agent) => [agentItem(agent, "hubot"), ...optionsItem(agent)]),
    ...(missing.length === 0 ? [] : [{ label: t("Not available here"), kind: QuickPickItemKind.Separator }]),
    ...missing.map((agent) => agentItem(agent, "circle-slash")),
  ];
}

/** Throws `Failed` where it cannot be started here. */
export function canStart(chosen: Delegate): Delegate {
  const { agent } = chosen;
  if (!agent.isAvailable) {
    const message = agent.problem ?? t("{0} cannot be started here.", agent.title);
    throw new Failed({ reason: "agent_not_found", message, action: "" });
  }
  return chosen;
}

/** A second row for an agent that told in an earlier session what it lets a person choose. */
function optionsItem(agent: AgentView): Choice<Delegate>[] {
  const names = agent.options.filter(({ values }) => values.length > 0).map(({ name }) => name);
  return names.length === 0
    ? []
    : [
        {
          label: iconless(t("{0} with options…", agent.title)),
          description: iconless(names.join(", ")),
          iconPath: new ThemeIcon("settings"),
          value: { agent, isConfigured: true },
        },
      ];
}

function agentItem(agent: AgentView, icon: string): Choice<Delegate> {
  return {
    label: iconless(agent.title),
    description: iconless(agent.name),
    detail: iconless(agent.isAvailable ? agent.description : (agent.problem ?? agent.description)),
    iconPath: new ThemeIcon(icon),
    value: { agent, isConfigured: false },
  };
}

/** The base as a full ref; undefined for what is checked out where that is no branch. */
async function pickBase(repository: RepositoryView): Promise<string | undefined> {
  const { defaultBranch, headRef, headCommit } = repository;
  const rank = ({ ref }: BranchView) => (ref === defaultBranch ? 0 : ref === headRef ? 1 : 2);
  const branches = repository.branches.toSorted((one, other) => rank(one) - rank(other));
  const items = branches.map((branch): Choice<{ readonly ref?: string }> => ({
    label: iconless(branch.name),
    description: branch.ref === headRef ? t("checked out, {0}", short(branch.commit)) : short(branch.commit),
    iconPath: new ThemeIcon("git-branch"),
    value: { ref: branch.ref },
  }));
  if (headRef === undefined) {
    const description = t("detached, nothing to merge into later without choosing a branch");
    items.unshift({ label: short(headCommit), description, iconPath: new ThemeIcon("git-commit"), value: {} });
  }
  const { ref } = await choose(items, t("Delegate Task — base branch"), t("Start from which branch?"));
  return ref;
}

async function choose<T>(items: readonly Choice<T>[], title: string, placeHolder: string): Promise<T> {
  const options = { title, placeHolder, ignoreFocusOut: true, matchOnDescription: true };
  const chosen = await window.showQuickPick(items, options);
  if (chosen?.value === undefined) {
    throw new Cancelled();
  }
  return chosen.value;
}

function short(commit: string): string {
  return commit.slice(0, 10);
}
