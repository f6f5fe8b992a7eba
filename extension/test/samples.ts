/** Views as the server sends them, for tests to vary. */

import type { ItemsParams, ItemView, PermissionView, QuestionView, SessionView } from "../src/protocol/generated.ts";

export function session(over: Partial<SessionView> = {}): SessionView {
  return {
    id: "bcdfghjk",
    seq: 1,
    title: "Rename the greeting",
    agent: "command",
    bucket: "working",
    state: "running",
    mode: "background",
    repository: "/home/ada/greetings",
    worktree: "/home/ada/.local/share/segue/worktrees/bcdfghjk/greetings",
    branch: "refs/heads/segue/bcdfghjk/work",
    baseRef: "refs/heads/main",
    baseCommit: "0123456789abcdef",
    createdMs: 0,
    updatedMs: 0,
    activity: "",
    stat: { files: 0, added: 0, removed: 0 },
    turns: 1,
    permissions: [],
    questions: [],
    queue: [],
    allowed: [],
    reasons: {},
    isPlanning: false,
    urgency: 0,
    isUnread: false,
    isPinned: false,
    isAgentAlive: true,
    isStopping: false,
    canResume: false,
    needsSignIn: false,
    isArchived: false,
    ...over,
  };
}

export function permission(over: Partial<PermissionView> = {}): PermissionView {
  return {
    requestId: "r1",
    title: "Run the tests",
    command: "pytest -q",
    directory: "/w",
    paths: [],
    remember: [],
    options: [
      { optionId: "yes", name: "Allow", kind: "allow_once" },
      { optionId: "always", name: "Always allow", kind: "allow_always" },
      { optionId: "no", name: "Reject", kind: "reject_once" },
    ],
    ...over,
  };
}

export function question(over: Partial<QuestionView> = {}): QuestionView {
  const field = { isRequired: false, choices: [], defaults: [] };
  const choices = [
    { value: "py", title: "Python", description: "3.11 or newer" },
    { value: "ts", title: "TypeScript" },
  ];
  return {
    requestId: "q1",
    message: "Which stack?",
    fields: [
      { ...field, name: "language", kind: "choice", title: "Language", choices, isRequired: true },
      { ...field, name: "extras", kind: "choices", title: "Extras", choices, maximum: 1 },
      { ...field, name: "name", kind: "text", title: "Name", description: "Of the package", minimum: 2 },
      { ...field, name: "count", kind: "integer", title: "Count", minimum: 1, maximum: 5, defaults: ["3"] },
      { ...field, name: "dry", kind: "boolean", title: "Only try it", defaults: ["true"] },
    ],
    values: [],
    ...over,
  };
}

export function item(over: Partial<ItemView> = {}): ItemView {
  return { id: "message/1/a", kind: "message", turn: 1, seq: 1, atMs: 0, text: "", ...over };
}

export function changes(over: Partial<ItemsParams> = {}): ItemsParams {
  return {
    resource: "sessions",
    seq: 1,
    isSnapshot: false,
    sessions: [],
    items: [],
    appends: [],
    removed: [],
    ...over,
  };
}
