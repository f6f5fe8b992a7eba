/** A transcript as text. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { transcriptText } from "../src/views/transcriptText.ts";
import { item, permission, session } from "./samples.ts";

test("a transcript reads from top to bottom", () => {
  const text = transcriptText(undefined, [
    item({ kind: "prompt", text: "sed -i s/a/b/ *\nls" }),
    item({ kind: "thought", text: "Let me see.\n" }),
    item({ kind: "message", text: "Done.\n" }),
    item({
      kind: "tool_call",
      title: "ls",
      status: "completed",
      content: [{ type: "text", text: "a.py\nb.py\n" }],
      locations: [{ path: "a.py", line: 3 }],
    }),
    item({
      kind: "plan",
      entries: [
        { content: "Look", status: "completed", priority: "high" },
        { content: "Change", status: "in_progress", priority: "high" },
      ],
    }),
    item({ kind: "permission", permission: permission({ chosen: "no", decidedBy: "user" }) }),
    item({ kind: "notice", text: "Stopped." }),
  ]);
  assert.equal(
    text,
    [
      "> sed -i s/a/b/ *\n    ls",
      "… Let me see.",
      "Done.",
      "▸ ls (completed)\n    a.py:3\n    a.py\n    b.py",
      "[x] Look\n[~] Change",
      "? Run the tests\n    Command: pytest -q\n    In: /w\n    Answered: Reject (user)",
      "• Stopped.\n",
    ].join("\n\n"),
  );
});

test("terminal escapes and other invisible characters are shown, not sent (D47)", () => {
  const text = transcriptText(undefined, [item({ text: "\u001b]0;title\u0007 a\u202eb" })]);
  assert.equal(text, "\\u{1b}]0;title\\u{7} a\\u{202e}b\n");
});

test("a long output is counted, not hidden", () => {
  const content = [{ type: "text", text: Array.from({ length: 250 }, (_, line) => String(line)).join("\n") }];
  assert.match(transcriptText(undefined, [item({ kind: "tool_call", title: "seq", content })]), /… 50 more lines\n$/);
});

test("the head names session, agent and branch", () => {
  assert.match(transcriptText(session(), []), /Rename the greeting\ncommand · segue\/bcdfghjk\/work from main\n/);
});
