/** How a session's row looks, as data: icon, texts, tooltip, menu tokens. Knows no tree and no window. */

import type { Bucket, SessionView, Tone } from "../protocol/generated.ts";
import { isAsking } from "../sessions/forms.ts";
import { contextText, costExplained, costText, tokensText } from "../sessions/usage.ts";
import { t, told } from "../shared/l10n.ts";
import { age, baseName, branchName, files, inert, lines, plainMarkdown, shortened } from "../shared/text.ts";

/** Colour says the state, shape says what the agent's process does. */
export interface Icon {
  readonly name: string;
  readonly color: string;
}

export interface Row {
  readonly label: string;
  readonly description: string;
  /** Markdown, every field escaped; to be shown untrusted and without HTML. */
  readonly tooltip: string;
  readonly accessibleName: string;
  readonly icon: Icon;
  /** The bucket, then the verbs that apply: menus match on them. */
  readonly contextValue: string;
}

/** Characters of a title in its row, which needs room for what the session does; the tooltip has the whole title. */
const TITLE_WIDTH = 28;

export interface RowContext {
  readonly nowMs: number;
  /** Whether the session's repository is open in this window; another one is named. */
  readonly isHere: boolean;
}

export function rowOf(session: SessionView, context: RowContext): Row {
  const title = inert(session.title);
  const changed = lines(session.stat.added, session.stat.removed) || countIfAny(session.stat.files);
  const place = context.isHere ? "" : baseName(session.repository);
  const since = session.turnStartedMs ?? session.updatedMs;
  const isLive = session.bucket === "needs_you" || session.bucket === "working";
  const facts = isLive ? [activityOf(session), changed] : [changed, activityOf(session)];
  const pinned = session.isPinned ? t("pinned") : "";
  const cost = session.cost === undefined || session.cost.amount === 0 ? "" : costText(session.cost);
  const parts = [place, placeText(session), ...facts, cost, age(context.nowMs - since)].map(inert).filter(Boolean);
  return {
    label: shortened(title, TITLE_WIDTH),
    description: [pinned, ...parts].filter(Boolean).join(" · "),
    tooltip: tooltipOf(session, context.nowMs),
    accessibleName: [title, told(session.status), pinned, ...parts].filter(Boolean).join(", "),
    icon: iconOf(session),
    contextValue: [session.bucket, ...session.allowed].join(" "),
  };
}

/** Where it stands among those that wait for other sessions; empty where it waits for none. */
function placeText({ place }: SessionView): string {
  return place === undefined ? "" : t("no. {0} in line", place);
}

function countIfAny(count: number): string {
  return count > 0 ? files(count) : "";
}

function activityOf(session: SessionView): string {
  if (session.isStopping) {
    return t("Stopping…");
  }
  if (session.isArchived) {
    return session.merged === undefined ? t("Archived") : t("Merged · archived");
  }
  if (session.proposal !== undefined && session.failure === undefined) {
    return t("Plan to approve");
  }
  const [permission] = session.permissions;
  const [question] = session.questions;
  return session.failure?.message ?? permission?.title ?? question?.message ?? session.activity;
}

const COLORS: Readonly<Record<Tone, string>> = {
  attention: "list.warningForeground",
  failure: "list.errorForeground",
  success: "testing.iconPassed",
  active: "charts.blue",
  waiting: "charts.blue",
  merged: "charts.purple",
  quiet: "disabledForeground",
};

export function iconOf(session: SessionView): Icon {
  return { name: iconName(session), color: COLORS[session.tone] };
}

/** Icons of what the user knows best; a bucket without one shows whether the agent's process runs. */
const ICONS: Partial<Record<Bucket, (session: SessionView) => string>> = {
  needs_you: needName,
  ready: ({ isUnread }) => (isUnread ? "pass-filled" : "pass"),
  working: ({ isStopping, isAgentAlive }) =>
    isStopping ? "stop-circle" : isAgentAlive ? "loading~spin" : "circle-large-outline",
  queued: () => "clock",
  done: ({ isArchived }) => (isArchived ? "archive" : "git-merge"),
};

function iconName(session: SessionView): string {
  return ICONS[session.bucket]?.(session) ?? (session.isAgentAlive ? "circle-filled" : "circle-outline");
}

function needName(session: SessionView): string {
  if (session.proposal !== undefined) {
    return "checklist";
  }
  if (isAsking(session)) {
    return "question";
  }
  return session.needsSignIn ? "account" : session.isAgentAlive ? "error" : "debug-disconnect";
}

function tooltipOf(session: SessionView, nowMs: number): string {
  const { stat } = session;
  const changed = [files(stat.files), lines(stat.added, stat.removed)].filter(Boolean).join(" ");
  const turnTime = session.turnStartedMs === undefined ? undefined : age(nowMs - session.turnStartedMs);
  const facts: readonly (readonly [string, string | undefined])[] = [
    [t("State"), told(session.status)],
    [t("Agent"), [session.agent, session.model ?? ""].filter(Boolean).join(" · ")],
    [t("Repository"), session.repository],
    [t("Branch"), branchName(session.branch)],
    [t("Base"), `${branchName(session.baseRef)} (${session.baseCommit.slice(0, 10)})`],
    [t("Worktree"), session.worktree],
    [t("Changes"), stat.files === 0 ? undefined : changed],
    [t("Turn"), turnTime === undefined ? undefined : `${session.turns}, ${turnTime}`],
    [t("Context"), contextText(session)],
    [t("Tokens"), tokensText(session.tokens)],
    [t("Cost"), costExplained(session.cost)],
  ];
  const table = facts
    .filter((fact): fact is [string, string] => fact[1] !== undefined)
    .map(([name, value]) => `${plainMarkdown(name)}: ${plainMarkdown(value)}`);
  const { failure } = session;
  const trouble = failure === undefined ? [] : [plainMarkdown(`${failure.message} ${failure.action}`.trim())];
  return [`**${plainMarkdown(session.title)}**`, ...trouble, table.join("  \n")].join("\n\n");
}
