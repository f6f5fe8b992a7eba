/** How rows look, as data. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bucket, SessionView } from "../src/protocol/generated.ts";
import { groups, nextWaiting } from "../src/sessions/buckets.ts";
import { rowOf } from "../src/views/rows.ts";
import { BUCKETS, permission, phrase, session } from "./samples.ts";

const MINUTE = 60_000;
const here = { nowMs: 5 * MINUTE, isHere: true };

const cases: readonly (readonly [string, Partial<SessionView>, Partial<ReturnType<typeof rowOf>>])[] = [
  [
    "a working row shows what it does, what it changed and how long the turn runs",
    { activity: "Reading greet.py", stat: { files: 1, added: 3, removed: 1 }, turnStartedMs: 2 * MINUTE },
    {
      label: "Rename the greeting",
      description: "Reading greet.py · +3 −1 · 3m",
      icon: { name: "loading~spin", color: "charts.blue" },
    },
  ],
  [
    "a row that waits shows the question",
    { bucket: "needs_you", state: "requires_action", permissions: [permission()], activity: "Thinking" },
    {
      description: "Run the tests · 5m",
      icon: { name: "question", color: "list.warningForeground" },
    },
  ],
  [
    "a row whose turn was interrupted says how it ended",
    { bucket: "needs_you", state: "idle", stopReason: "_interrupted", canResume: true, activity: "It ended." },
    {
      description: "It ended. · 5m",
    },
  ],
  [
    "a failed row says why",
    {
      bucket: "needs_you",
      state: "failed",
      tone: "failure",
      isAgentAlive: false,
      failure: { reason: "agent_failed", message: "The agent ended: exit 137 (SIGKILL).", action: "" },
    },
    {
      description: "The agent ended: exit 137 (SIGKILL). · 5m",
      icon: { name: "debug-disconnect", color: "list.errorForeground" },
    },
  ],
  [
    "a ready row says what it changed",
    { bucket: "ready", state: "idle", isUnread: true, stat: { files: 2, added: 10, removed: 0 } },
    {
      description: "+10 · 5m",
      icon: { name: "pass-filled", color: "testing.iconPassed" },
    },
  ],
  [
    "changes without lines are counted as files",
    { bucket: "ready", state: "idle", stat: { files: 2, added: 0, removed: 0 } },
    { description: "2 files · 5m" },
  ],
  [
    "a row says what the session cost",
    { bucket: "ready", state: "idle", cost: { amount: 0.424, currency: "USD", isEstimate: false } },
    { description: "0.42 USD · 5m" },
  ],
  [
    "an estimate is marked as one",
    { bucket: "ready", state: "idle", cost: { amount: 0.001, currency: "USD", isEstimate: true } },
    { description: "≈<0.01 USD · 5m" },
  ],
  [
    "an archived row says so",
    {
      bucket: "done",
      state: "idle",
      isArchived: true,
      isAgentAlive: false,
      undo: { number: 1, kind: "archive", title: "Discarded" },
    },
    {
      description: "Archived · 5m",
      icon: { name: "archive", color: "disabledForeground" },
    },
  ],
  [
    "a merged row shows that",
    {
      bucket: "done",
      tone: "merged",
      state: "idle",
      stat: { files: 1, added: 1, removed: 0 },
      merged: { number: 1, commit: "c", baseRef: "refs/heads/main", baseBefore: "b", leftOut: 0 },
    },
    {
      icon: { name: "git-merge", color: "charts.purple" },
    },
  ],
];

for (const [fact, over, expected] of cases) {
  test(fact, () => {
    const row = rowOf(session(over), here);
    for (const [key, value] of Object.entries(expected)) {
      assert.deepEqual(row[key as keyof typeof row], value, key);
    }
  });
}

test("a row's menus are what the server allows", () => {
  const row = rowOf(session({ bucket: "ready", allowed: ["open", "review", "unpin"] }), here);
  assert.equal(row.contextValue, "ready open review unpin");
});

test("a session of another repository names it", () => {
  assert.equal(rowOf(session(), { ...here, isHere: false }).description, "greetings · 5m");
});

test("nothing that an agent or a prompt says becomes Markdown, a link or an icon in a tooltip (D46)", () => {
  const title = "[x](command:a) <img src=x onerror=y> $(bug) `a` **b** https://evil.invalid";
  const { tooltip } = rowOf(session({ title }), here);
  const [first = ""] = tooltip.split("\n");
  assert.doesNotMatch(first.slice(2, -2), /(?<!\\)[[\]()<>`*:]/);
});

test("a tooltip tells context, tokens and cost, and what is unknown", () => {
  const cost = { amount: 1.5, currency: "USD", isEstimate: true };
  const known = session({ contextUsed: 50, contextSize: 200, tokens: { input: 5, output: 7 }, cost });
  const { tooltip } = rowOf(known, here);
  assert.match(
    tooltip.replaceAll("\\", ""),
    /Context: 25% of 200 tokens {2}\nTokens: 5 in, 7 out {2}\nCost: ≈1.50 USD \(est/,
  );
  assert.match(rowOf(session(), here).tooltip, /Context: unknown {2}\nTokens: unknown {2}\nCost: unknown/);
});

test("what would be invisible or turn the direction of writing is shown as an escape (D43)", () => {
  assert.equal(rowOf(session({ title: "a\u202eb\u200bc\u0007" }), here).label, "a\\u{202e}b\\u{200b}c\\u{7}");
});

test("buckets and rows keep the server's order", () => {
  const rows = [
    session({ id: "done", bucket: "done", order: [5, 1] }),
    session({ id: "last", bucket: "needs_you", order: [0, 1, 1, -99] }),
    session({ id: "second", bucket: "needs_you", order: [0, 1, 0, -1] }),
    session({ id: "first", bucket: "needs_you", order: [0, 1, 0, -9] }),
  ];
  const shown = groups(rows, BUCKETS).map(({ bucket, sessions }) => [bucket.id, sessions.map(({ id }) => id)]);
  assert.deepEqual(shown, [
    ["needs_you", ["first", "second", "last"]],
    ["done", ["done"]],
  ]);
});

test("a bucket that this version has never heard of is shown as the server names it", () => {
  const id = "blocked" as Bucket;
  const buckets = [{ id, name: phrase("Blocked"), filters: ["blocked"], isFolded: false }];
  const [group] = groups([session({ bucket: id, tone: "waiting" })], buckets);
  assert.equal(group?.bucket.name.text, "Blocked");
  assert.equal(rowOf(session({ bucket: id, tone: "waiting" }), here).icon.color, "charts.blue");
});

test("the next session that needs the user is one that asks, and a failure only where none does", () => {
  const row = (id: string, urgency: number, order: readonly number[]) =>
    session({ id, bucket: "needs_you", urgency, order });
  const failures = [1, 2].map((at) => row(`f${at}`, 1, [0, 1, 1, -at]));
  const asking = [1, 2].map((at) => row(`a${at}`, 0, [0, 1, 0, -at]));
  const pinned = row("pinned", 1, [0, 0, 1, 0]);
  const all = [...failures, ...asking, pinned];
  for (const [from, to] of [
    [undefined, "a2"],
    ["a2", "a1"],
    ["a1", "a2"],
    ["f1", "a2"],
    ["pinned", "a2"],
  ] as const) {
    assert.equal(nextWaiting(all, from)?.id, to);
  }
  assert.equal(nextWaiting(failures, "f2")?.id, "f1");
  assert.equal(nextWaiting([], undefined), undefined);
});

test("a pinned row says so", () => {
  const row = rowOf(session({ isPinned: true }), { nowMs: 0, isHere: true });
  assert.match(row.accessibleName, /pinned/);
});
