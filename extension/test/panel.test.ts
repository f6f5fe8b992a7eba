/** Filter, pins and peeking: what is shown, in which order, and what a typed text means. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { lets } from "../src/sessions/filter.ts";
import { meanings } from "../src/sessions/peek.ts";
import { rowOf } from "../src/views/rows.ts";
import { BUCKETS, permission, phrase, question, session } from "./samples.ts";

const asking = session({ bucket: "needs_you", agent: "claude", title: "Rename the greeting" });

for (const [filter, isShown] of [
  ["", true],
  ["rename", true],
  ["GREETING rename", true],
  ["s:blocked", true],
  ["s:needs a:claude", true],
  ["s:needs a:command", false],
  ["s:ready", false],
  ["farewell", false],
] as const) {
  test(`the filter “${filter}” ${isShown ? "lets a session through" : "hides it"}`, () => {
    assert.equal(lets(filter, asking, BUCKETS), isShown);
  });
}

test("a queued row shows its position in the queue", () => {
  const queued = session({ place: 2, bucket: "queued", state: "idle", status: phrase("queued") });
  const row = rowOf(queued, { nowMs: 0, isHere: true });
  assert.match(row.description, /no\. 2 in line/);
  assert.match(row.accessibleName, /queued, no\. 2 in line/);
});

test("while peeking, Enter alone allows nothing, and answers are numbered in the server's order (D43)", () => {
  const [first, ...answers] = meanings(session({ permissions: [permission()] }), "");
  assert.deepEqual(first, { kind: "open" });
  const numbered = answers.map((each) => (each.kind === "answer" ? [each.number, each.option.kind] : []));
  assert.deepEqual(
    numbered,
    permission().options.map(({ kind }, index) => [index + 1, kind]),
  );
});

test("a number names an answer, any other text is a prompt", () => {
  const waiting = session({ permissions: [permission()] });
  const [named] = meanings(waiting, " 2 ");
  assert.ok(named?.kind === "answer" && named.option.kind === permission().options[1]?.kind);
  assert.deepEqual(meanings(waiting, "2 more tests")[0], { kind: "prompt", text: "2 more tests" });
  assert.deepEqual(meanings(waiting, "9")[0], { kind: "prompt", text: "9" });
});

test("a question that one choice answers is answered by number, any other in its session; 0 skips it (D43)", () => {
  const [language, , , , dry] = question().fields;
  assert.ok(language && dry);
  const one = session({ questions: [question({ fields: [language] })] });
  assert.deepEqual(meanings(one, "")[0], { kind: "open" });
  const [named] = meanings(one, "2");
  assert.ok(named?.kind === "reply");
  assert.deepEqual(named.values, [{ name: "language", values: ["ts"] }]);
  const yesNo = meanings(session({ questions: [question({ fields: [dry] })] }), "");
  assert.deepEqual(
    yesNo.map((each) => (each.kind === "reply" ? each.values[0]?.values : each.kind)),
    ["open", ["true"], ["false"], "skip"],
  );
  const two = { ...language, name: "other" };
  const both = session({ questions: [question({ fields: [language, two] })] });
  assert.deepEqual(
    meanings(both, "").map(({ kind }) => kind),
    ["open", "skip"],
  );
  assert.deepEqual(meanings(both, "0")[0], { kind: "skip", requestId: both.questions[0]?.requestId, number: 0 });
});

test("an archived session takes no prompt", () => {
  assert.deepEqual(meanings(session({ isArchived: true }), "go on"), [{ kind: "open" }]);
});
