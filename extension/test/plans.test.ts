/** Plans that wait: shown in pieces, commented on, decided on, told once. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { intentOf } from "../src/protocol/webview.ts";
import { Notices, noticeText } from "../src/views/notices.ts";
import { rowOf } from "../src/views/rows.ts";
import { draw, named } from "./drawing.ts";
import { item, permission, session } from "./samples.ts";

const { blocksOf } = await import("../src/webview/markdown.ts");
const PROPOSAL = { key: "turn-1", turn: 1, comments: [], changed: 0 };

test("a plan that waits has a row of its own, and is told once however it came", () => {
  const row = rowOf(session({ bucket: "needs_you", state: "idle", proposal: PROPOSAL }), { nowMs: 0, isHere: true });
  assert.match(row.description, /^Plan to approve/);
  const asked = permission({ plan: "# Plan" });
  for (const permissions of [[], [asked]]) {
    const notices = new Notices();
    notices.take([session()]);
    const waiting = session({ bucket: "needs_you", state: "idle", proposal: PROPOSAL, permissions });
    const told = notices.take([waiting]);
    assert.deepEqual(told.map(noticeText), ["“Rename the greeting” has a plan to approve."]);
    assert.deepEqual(notices.take([{ ...waiting, seq: 2 }]), []);
  }
});

test("a plan stands in numbered pieces, its lists entry by entry, and every line is in one of them", () => {
  const text =
    "# The plan\n\n1. First\n   - inner\n     more of it\n2. Second\n\n   ```sh\n   ls\n   ```\n\nThe end\nof it\n";
  const blocks = blocksOf(text);
  assert.deepEqual(
    blocks.map(({ first, last, text: own }) => [first, last, own.split("\n")[0]]),
    [
      [1, 1, "# The plan"],
      [3, 3, "1. First"],
      [4, 5, "- inner"],
      [6, 10, "2. Second"],
      [12, 13, "The end"],
    ],
  );
  assert.deepEqual(
    blocksOf("[a]: http://x\n\nwords").map(({ first }) => first),
    [1, 3],
  );
  assert.deepEqual(
    blocksOf("[a]: http://x").map(({ text: own }) => own),
    ["[a]: http://x"],
  );
});

test("a plan is commented on line by line and decided on; Enter approves nothing (D43)", async () => {
  const comments = [{ commentId: "c1", first: 3, last: 3, text: "Not <b>this</b>" }];
  const plan = item({
    kind: "proposal",
    planKey: "turn-1",
    text: "# Plan\n\n1. First\n2. Second",
    changed: 2,
    comments,
  });
  const { root, said, element } = await draw(plan);
  assert.match(root.textContent, /it changed 2 files/);
  assert.match(root.querySelector(".remark pre")?.textContent ?? "", /Not <b>this<\/b>/);
  root.querySelector<HTMLElement>('[aria-label="Comment on line 4"]')?.click();
  await element.updateComplete;
  const box = root.querySelector<HTMLTextAreaElement>("textarea[aria-label='Comment on line 4']");
  assert.ok(box);
  box.value = " Better so ";
  box.dispatchEvent(new Event("input"));
  named(root, "Add Comment").click();
  const at = { sessionId: "bcdfghjk", key: "turn-1" };
  named(root, "Remove the comment").click();
  named(root, "Revise with 1 Comment").click();
  const enter = new KeyboardEvent("keydown", { key: "Enter", cancelable: true, bubbles: true });
  named(root, "Approve").dispatchEvent(enter);
  assert.ok(enter.defaultPrevented);
  named(root, "Approve").click();
  named(root, "Reject").click();
  assert.deepEqual(said, [
    { type: "commentPlan", ...at, first: 4, last: 4, text: "Better so" },
    { type: "uncommentPlan", ...at, commentId: "c1" },
    { type: "decidePlan", ...at, decision: "revised" },
    { type: "decidePlan", ...at, decision: "approved" },
    { type: "decidePlan", ...at, decision: "rejected" },
  ]);
  assert.ok(said.every((intent) => intentOf(intent) !== undefined));
});

test("a linked session may run the rest in the background with its answer, another one may be brought into the editor", async () => {
  for (const [standing, name, command] of [
    ["linked", "Allow and Run the Rest in the Background…", "segue.runInBackground"],
    ["linkable", "Bring into Editor", "segue.switch"],
  ] as const) {
    const { root, said, element } = await draw(item({ kind: "permission", permission: permission() }));
    element.standing = standing;
    await element.updateComplete;
    named(root, name).click();
    assert.deepEqual(said, [{ type: "run", command }]);
  }
});
