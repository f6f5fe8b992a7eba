/** Views as the server sends them, for tests to vary. */

import type {
  Bucket,
  BucketView,
  FactView,
  ItemsParams,
  ItemView,
  PermissionView,
  PhraseView,
  QuestionView,
  SessionView,
  Tone,
} from "../src/protocol/generated.ts";

/** Three of the server's, in an order of their own. */
export const BUCKETS: readonly BucketView[] = [
  { id: "needs_you", name: phrase("Needs you"), filters: ["needs_you", "needs", "blocked"], isFolded: false },
  { id: "working", name: phrase("Working"), filters: ["working"], isFolded: false },
  { id: "done", name: phrase("Done"), filters: ["done", "merged"], isFolded: true },
];

const TONES: Partial<Record<Bucket, Tone>> = {
  needs_you: "attention",
  ready: "success",
  working: "active",
  queued: "waiting",
  idle: "quiet",
  done: "quiet",
};

export function fact(name: string, ...values: readonly string[]): FactView {
  return { name: phrase(name), values };
}

export function phrase(text: string, ...values: readonly (string | PhraseView)[]): PhraseView {
  return { text, values };
}

export function session(over: Partial<SessionView> = {}): SessionView {
  return {
    id: "bcdfghjk",
    seq: 1,
    title: "Rename the greeting",
    agent: "command",
    bucket: "working",
    order: [],
    status: phrase("working"),
    sign: "▶",
    tone: TONES[over.bucket ?? "working"] ?? "quiet",
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
    facts: [fact("Command", "pytest -q"), fact("In the directory", "/w")],
    paths: [],
    remember: [],
    options: [
      { optionId: "yes", name: "Allow", kind: "allow_once", effect: phrase("Allow once") },
      { optionId: "always", name: "Always allow", kind: "allow_always", effect: phrase("Allow always") },
      { optionId: "no", name: "Reject", kind: "reject_once", effect: phrase("Deny once") },
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
    buckets: [],
    sessions: [],
    items: [],
    appends: [],
    removed: [],
    ...over,
  };
}
