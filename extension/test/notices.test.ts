/** What is told, and how often. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { buttonsOf, fitsNotification, Notices, noticeText } from "../src/views/notices.ts";
import { permission, question, session } from "./samples.ts";

const asking = session({ bucket: "needs_you", state: "requires_action", permissions: [permission()] });
const ready = session({ bucket: "ready", state: "idle", isUnread: true, stat: { files: 1, added: 2, removed: 1 } });

test("each question is told once, though rows come again and again (D42)", () => {
  const notices = new Notices();
  assert.deepEqual(
    notices.take([asking]).map(({ kind }) => kind),
    ["question"],
  );
  assert.deepEqual(notices.take([{ ...asking, seq: 2 }]), []);
  const second = { ...asking, permissions: [permission({ requestId: "r2" })] };
  assert.equal(notices.take([second]).length, 1);
});

test("a form is told once, with its question made inert", () => {
  const notices = new Notices();
  const form = session({ bucket: "needs_you", questions: [question({ message: "Which\u202e one?" })] });
  const [notice] = notices.take([form]);
  assert.ok(notice);
  assert.equal(noticeText(notice), "“Rename the greeting” asks: Which\\u{202e} one?");
  assert.deepEqual(notices.take([{ ...form, seq: 2 }]), []);
});

test("a result is told when it comes, not when a window finds it there", () => {
  assert.deepEqual(new Notices().take([ready]), []);
  const notices = new Notices();
  notices.take([session()]);
  const [notice] = notices.take([ready]);
  assert.ok(notice);
  assert.equal(noticeText(notice), "“Rename the greeting” is ready: 1 file +2 −1");
  assert.deepEqual(notices.take([ready]), []);
});

test("a session that fails is told with the reason", () => {
  const notices = new Notices();
  notices.take([session()]);
  const failure = { reason: "x", message: "The agent ended.", action: "Send a prompt to try again." };
  const [notice] = notices.take([session({ bucket: "needs_you", state: "failed", failure })]);
  assert.ok(notice);
  assert.equal(noticeText(notice), "“Rename the greeting” needs you: The agent ended. Send a prompt to try again.");
});

test("a turn that was interrupted can be resumed from where it is told", () => {
  const titles = (canResume: boolean) =>
    buttonsOf({ kind: "trouble", session: session({ canResume }) }).map(({ title }) => title);
  assert.deepEqual(titles(true), ["Resume", "Open"]);
  assert.deepEqual(titles(false), ["Open"]);
});

test("a question says the whole command, its directory and files", () => {
  const notice = { kind: "question", session: asking, permission: permission({ paths: ["a.py"] }) } as const;
  assert.equal(
    noticeText(notice),
    "“Rename the greeting” asks: Run the tests — Command: pytest -q — In: /w — Files: a.py",
  );
});

test("no text of an agent becomes a link with a command behind it (D46)", () => {
  const text = noticeText({
    kind: "question",
    session: asking,
    permission: permission({ title: "[Ok](command:evil)" }),
  });
  assert.doesNotMatch(text, /\]\(/);
});

test("what a notification cannot show whole is not answered there, and the rest is counted (D43)", () => {
  const long = permission({ command: "x".repeat(400) });
  assert.equal(fitsNotification(permission()), true);
  assert.equal(fitsNotification(long), false);
  assert.equal(fitsNotification(permission({ command: "a\u202eb" })), false);
  assert.match(noticeText({ kind: "question", session: asking, permission: long }), /… \d+ more characters$/);
});
