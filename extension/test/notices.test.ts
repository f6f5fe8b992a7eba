/** What is told, and how often. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { buttonsOf, digestOf, fitsNotification, isCurrent, Notices, noticeText } from "../src/views/notices.ts";
import { settledText } from "../src/views/outcomes.ts";
import type { Verb } from "../src/protocol/generated.ts";
import { fact, item, permission, question, session } from "./samples.ts";

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
  const titles = (allowed: readonly Verb[]) =>
    buttonsOf({ kind: "trouble", session: session({ allowed }) }).map(({ title }) => title);
  assert.deepEqual(titles(["resume"]), ["Resume", "Open"]);
  assert.deepEqual(titles([]), ["Open"]);
});

test("a question says the whole command, its directory and files", () => {
  const notice = {
    kind: "question",
    session: asking,
    permission: permission({ facts: [...permission().facts, fact("Files", "a.py", "b.py")] }),
  } as const;
  assert.equal(
    noticeText(notice),
    "“Rename the greeting” asks: Run the tests — Command: pytest -q — In the directory: /w — Files: a.py, b.py",
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
  const long = permission({ facts: [fact("Command", "x".repeat(400))] });
  assert.equal(fitsNotification(permission()), true);
  assert.equal(fitsNotification(long), false);
  assert.equal(fitsNotification(permission({ facts: [fact("Command", "a\u202eb")] })), false);
  assert.match(noticeText({ kind: "question", session: asking, permission: long }), /… \d+ more characters$/);
});

test("a window that is loaded again tells no question again, and still tells new ones", () => {
  const before = new Notices();
  before.take([asking]);
  const after = new Notices(before.told);
  assert.deepEqual(after.take([asking]), []);
  const more = { ...asking, permissions: [permission(), permission({ requestId: "r2" })] };
  assert.equal(after.take([more]).length, 1);
});

test("only the last questions are remembered", () => {
  const notices = new Notices(Array.from({ length: 900 }, (_, index) => `s/${index}`));
  notices.take([asking]);
  assert.equal(notices.told.length, 500);
  assert.equal(notices.told.at(-1), "bcdfghjk/r1");
});

test("a notice is out of date once its question is settled, its result read or its session gone", () => {
  const [asked] = new Notices().take([asking]);
  assert.ok(asked);
  assert.equal(isCurrent(asked, asking), true);
  assert.equal(isCurrent(asked, { ...asking, permissions: [permission({ requestId: "r2" })] }), false);
  assert.equal(isCurrent(asked, undefined), false);
  const form = session({ bucket: "needs_you", questions: [question()] });
  assert.equal(isCurrent({ kind: "form", session: form, question: question() }, { ...form, questions: [] }), false);
  const proposal = { key: "p1", turn: 1, comments: [], changed: 0 };
  const planned = session({ bucket: "needs_you", proposal });
  assert.equal(isCurrent({ kind: "plan", session: planned }, planned), true);
  assert.equal(
    isCurrent({ kind: "plan", session: planned }, { ...planned, proposal: { ...proposal, key: "p2" } }),
    false,
  );
  assert.equal(isCurrent({ kind: "ready", session: ready }, ready), true);
  assert.equal(isCurrent({ kind: "ready", session: ready }, { ...ready, isUnread: false }), false);
});

test("several notices are one, which names the sessions and goes to the next that needs the user", () => {
  const other = session({ id: "other", title: "[Ok](command:evil)", bucket: "needs_you", permissions: [permission()] });
  const digest = digestOf(new Notices().take([asking, other]));
  assert.deepEqual(digest, {
    text: "2 sessions need you: “Rename the greeting”, “[Ok] (command:evil)”.",
    button: { title: "Show Next", command: "segue.nextSession" },
    sessionId: undefined,
  });
  const many = ["a", "b", "c", "d", "e"].map((id) => ({ kind: "ready" as const, session: session({ id, title: id }) }));
  const results = digestOf(many);
  assert.equal(results.text, "5 sessions are ready: “a”, “b”, “c” and 2 more.");
  assert.equal(results.button.command, "segue.sessions.focus");
});

test("several questions of one session are one, which goes to that session", () => {
  const twice = { ...asking, permissions: [permission(), permission({ requestId: "r2" })] };
  const digest = digestOf([
    ...new Notices().take([twice]),
    { kind: "ready", session: session({ id: "x", title: "X" }) },
  ]);
  assert.equal(digest.text, "“Rename the greeting” asks 2 questions. “X” is ready.");
  assert.deepEqual([digest.button.command, digest.sessionId], ["segue.answer", asking.id]);
});

test("an answer that comes too late is told who answered, and how", () => {
  const told = (decided: object) =>
    settledText("A task", "r1", [item({ kind: "permission", permission: permission(decided) })]);
  assert.equal(told({ decidedBy: "user", chosen: "yes" }), "You already answered this question of “A task”: Allow.");
  assert.equal(
    told({ decidedBy: "policy", chosen: "no" }),
    "A rule already answered this question of “A task”: Reject.",
  );
  assert.equal(told({ decidedBy: "stop" }), "“A task” no longer asks this: its turn was stopped.");
  assert.equal(told({ decidedBy: "agent_ended" }), "“A task” no longer asks this: its agent ended.");
  assert.equal(told({ decidedBy: "turn_ended" }), "“A task” no longer asks this: its turn ended.");
  assert.equal(settledText("A task", "r1", []), "“A task” no longer asks this: it was already answered.");
  const form = item({ kind: "question", question: question({ action: "decline", decidedBy: "user" }) });
  assert.equal(settledText("A task", "q1", [form]), "You already answered this question of “A task”: Skipped.");
  const plan = item({ kind: "plan", planKey: "p1", status: "approved" });
  assert.equal(settledText("A task", "p1", [plan]), "You already answered this question of “A task”: approved.");
});
