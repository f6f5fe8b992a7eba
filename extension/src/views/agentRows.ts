/** How an agent's row looks, as data: icon, texts, tooltip, menu tokens. Knows no tree and no window. */

import type { AgentView } from "../protocol/generated.ts";
import { t } from "../shared/l10n.ts";
import { inert, plainMarkdown } from "../shared/text.ts";
import type { Icon } from "./rows.ts";

/** What a person would do next with an agent. */
export type AgentState = "busy" | "signedOut" | "troubled" | "usable" | "installable" | "missing";

export interface AgentRow {
  readonly label: string;
  readonly description: string;
  /** Markdown, every field escaped; to be shown untrusted and without HTML. */
  readonly tooltip: string;
  readonly accessibleName: string;
  readonly icon: Icon;
  /** The state, then the verbs that apply: menus match on them. */
  readonly contextValue: string;
}

export function agentState(agent: AgentView): AgentState {
  if (agent.doing !== undefined) {
    return "busy";
  }
  if (!agent.isAvailable) {
    return agent.canInstall ? "installable" : "missing";
  }
  if (agent.needsSignIn) {
    return "signedOut";
  }
  return agent.trouble === undefined ? "usable" : "troubled";
}

/** What can be used first, then what can be installed; by title within each. */
export function inOrder(agents: readonly AgentView[]): readonly AgentView[] {
  const rank = (agent: AgentView) => (agent.isAvailable ? 0 : agent.canInstall ? 1 : 2);
  return agents.toSorted((one, other) => rank(one) - rank(other) || one.title.localeCompare(other.title));
}

export function agentRow(agent: AgentView): AgentRow {
  const title = inert(agent.title);
  const [state, source] = [stateText(agent), sourceText(agent)];
  const description = [state, state.includes(source) ? "" : source].filter(Boolean).map(inert).join(" · ");
  return {
    label: title,
    description,
    tooltip: tooltipOf(agent),
    accessibleName: [title, description].filter(Boolean).join(", "),
    icon: iconOf(agent),
    contextValue: [agentState(agent), ...verbsOf(agent)].join(" "),
  };
}

/** What a row and a pick say of it: version and place, or what is missing. */
export function stateText(agent: AgentView): string {
  switch (agentState(agent)) {
    case "busy":
      return t("Segue is at work on it");
    case "installable":
      return t("not installed · Segue can install {0}", agent.package ?? "");
    case "missing":
      return t("not installed");
    case "signedOut":
      return t("wants you to sign in");
    case "troubled":
      return agent.trouble?.message ?? "";
    case "usable":
      return [agent.version, placeOf(agent), agent.isChecked ? t("works") : ""].filter(Boolean).join(" · ");
  }
}

function placeOf(agent: AgentView): string {
  switch (agent.place) {
    case "segue":
      return t("installed by Segue");
    case "path":
      return t("on PATH");
    case "npm":
      return t("in your npm prefix");
    case "definition":
      return sourceText(agent) || t("where its definition says");
    case undefined:
    default:
      return t("part of Segue");
  }
}

/** Who defined it; nothing for what comes with Segue. */
function sourceText({ source }: AgentView): string {
  return source === "editor" ? t("from your settings") : source === "user" ? t("from a file of yours") : "";
}

function iconOf(agent: AgentView): Icon {
  switch (agentState(agent)) {
    case "busy":
      return { name: "loading~spin", color: "charts.blue" };
    case "signedOut":
      return { name: "account", color: "list.warningForeground" };
    case "troubled":
      return { name: "warning", color: "list.warningForeground" };
    case "usable":
      return { name: agent.isChecked ? "pass-filled" : "pass", color: "testing.iconPassed" };
    case "installable":
      return { name: "cloud-download", color: "disabledForeground" };
    case "missing":
      return { name: "circle-slash", color: "disabledForeground" };
  }
}

function verbsOf(agent: AgentView): readonly string[] {
  const isFree = agent.doing === undefined;
  const verbs: Readonly<Record<string, boolean>> = {
    install: isFree && agent.canInstall && !agent.isInstalled,
    check: isFree && agent.isAvailable,
    signin: isFree && agent.isAvailable,
    new: agent.isAvailable,
    remove: isFree && agent.isInstalled,
    define: agent.definition !== undefined || agent.source === "editor",
  };
  return Object.keys(verbs).filter((verb) => verbs[verb]);
}

function tooltipOf(agent: AgentView): string {
  const { trouble } = agent;
  const memory = agent.memoryMb === undefined ? undefined : t("{0} MB a session", agent.memoryMb);
  const facts: readonly (readonly [string, string | undefined])[] = [
    [t("State"), stateText(agent)],
    [t("Program"), agent.path],
    [t("Package"), agent.package],
    [t("Defined in"), agent.definition ?? (agent.source === "editor" ? t("your settings") : undefined)],
    [t("Memory"), memory],
    [t("Sign in"), agent.login === "" ? undefined : agent.login],
  ];
  const table = facts
    .filter((fact): fact is [string, string] => fact[1] !== undefined && fact[1] !== "")
    .map(([name, value]) => `${plainMarkdown(name)}: ${plainMarkdown(value)}`);
  const said = trouble === undefined ? agent.problem : `${trouble.message} ${trouble.action}`.trim();
  const parts = [agent.description, said ?? ""].filter(Boolean).map(plainMarkdown);
  return [`**${plainMarkdown(agent.title)}**`, ...parts, table.join("  \n")].join("\n\n");
}
