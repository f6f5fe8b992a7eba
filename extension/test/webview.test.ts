/** The page in a DOM: what is shown, what it may say, and that a stranger's words do nothing. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ItemView } from "../src/protocol/generated.ts";
import { intentOf, newsOf } from "../src/protocol/webview.ts";
import type { Memento } from "vscode";
import { Drafts } from "../src/panes/drafts.ts";
import { Pages } from "../src/panes/pages.ts";
import { runsOf } from "../src/webview/ansi.ts";
import { diffLines } from "../src/webview/smallDiff.ts";
import { Shown } from "../src/webview/store.ts";
import { DRAWN_LIMIT, Stretch } from "../src/webview/visibleRange.ts";
import "./dom.ts";
import { draw } from "./drawing.ts";
import { changes, fact, item, permission, phrase, question, session } from "./samples.ts";

const { htmlOf } = await import("../src/webview/markdown.ts");
const { SegueTimeline } = await import("../src/webview/timeline.ts");
const { isPending } = await import("../src/webview/pending.ts");

const CORPUS = [
  "<script>globalThis.pwned = 1</script>",
  "<img src=x onerror=globalThis.pwned=1>",
  "<svg/onload=globalThis.pwned=1>",
  "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
  "![i](http://127.0.0.1:1/i.png)",
  "[run](command:workbench.action.quit)",
  "[js](javascript:globalThis.pwned=1) [data](data:text/html,x) [vs](vscode://x) [file](file:///etc/passwd)",
  '[a](http://x/"onmouseover="globalThis.pwned=1)',
  "<http://127.0.0.1:1/auto>",
  "```html\n<script>globalThis.pwned = 1</script>\n```",
  "| <b>x</b> |\n| --- |\n| <style>*{}</style> |",
  "[ref]\n\n[ref]: javascript:globalThis.pwned=1 '\"><script>'",
];

for (const payload of CORPUS) {
  test(`is inert in every field: ${payload.slice(0, 40).replaceAll("\n", " ")} (D46)`, async () => {
    for (const each of everywhere(payload)) {
      const { root } = await draw(each);
      const found = root.querySelectorAll(
        "script, img, svg, iframe, a, style, object, form, link, [onerror], [onload]",
      );
      // Lit puts its styles into the root where sheets cannot be adopted.
      const foreign = [...found].filter((element) => !(element.localName === "style" && element.parentNode === root));
      assert.deepEqual(
        foreign.map(({ outerHTML }) => outerHTML),
        [],
        each.kind,
      );
      for (const link of root.querySelectorAll("[data-link]")) {
        assert.match(link.getAttribute("data-link") ?? "", /^https?:/);
      }
    }
    assert.equal((globalThis as { pwned?: unknown }).pwned, undefined);
  });
}

test("Enter on an answer does nothing, a click answers (D43)", async () => {
  const { root, said } = await draw(
    item({ kind: "permission", permission: permission({ title: "Run", facts: [fact("Command", "rm -r x")] }) }),
  );
  const choices = [...root.querySelectorAll<HTMLElement>("button.choice")];
  const first = choices.find(({ textContent }) => textContent.includes("Reject"));
  const enter = new KeyboardEvent("keydown", { key: "Enter", cancelable: true, bubbles: true });
  first?.dispatchEvent(enter);
  assert.ok(enter.defaultPrevented);
  first?.click();
  assert.deepEqual(said, [{ type: "answer", sessionId: "bcdfghjk", requestId: "r1", optionId: "no" }]);
  assert.match(root.textContent, /rm -r x/);
});

test("a request says when it is denied, if nobody answers before (S5)", async () => {
  const expiresMs = Date.UTC(2026, 10, 21, 12, 30);
  const { root } = await draw(item({ kind: "permission", permission: permission({ expiresMs }) }));
  assert.ok(root.textContent.includes(`Denied at ${new Date(expiresMs).toLocaleString()}, if nobody answers before.`));
});

test("a long title of a request does not push its command away, and stands whole below it (D43)", async () => {
  const title = `${"long ".repeat(100)}end`;
  const { root } = await draw(item({ kind: "permission", permission: permission({ title }) }));
  const [first, ...facts] = root.querySelectorAll(".card > h2, .card dd");
  assert.ok((first?.textContent ?? "").length <= 200);
  assert.deepEqual(
    facts.map(({ textContent }) => textContent.trim()),
    ["pytest -q", "/w", title],
  );
});

test("what is remembered is named exactly, allows only once and goes by its id; a refusal may have a reason", async () => {
  const about = "the command “npm test”";
  const rule = { id: "abc", effect: "allow" as const, source: "remembered" as const, about, where: "agent claude" };
  const { root, said } = await draw(item({ kind: "permission", permission: permission({ remember: [rule] }) }));
  const row = [...root.querySelectorAll<HTMLElement>("details.always button")];
  assert.match(row[0]?.textContent ?? "", /npm test”\s+\(agent claude\)/);
  row[0]?.click();
  const box = root.querySelector<HTMLTextAreaElement>("textarea.reason");
  assert.ok(box);
  box.value = " use make ";
  row[1]?.click();
  const answer = { type: "answer", sessionId: "bcdfghjk", requestId: "r1" };
  assert.deepEqual(said, [
    { ...answer, optionId: "yes", remember: "abc" },
    { ...answer, optionId: "no", reason: "use make" },
  ]);
  assert.ok(said.every((intent) => intentOf(intent) !== undefined));
});

test("a form says what is missing where it is missing, and sends what was filled in (D43)", async () => {
  const { root, said, redrawn } = await draw(item({ kind: "question", question: question() }));
  const [submit, skip, cancel] = root.querySelectorAll<HTMLElement>("button.choice");
  const enter = new KeyboardEvent("keydown", { key: "Enter", cancelable: true, bubbles: true });
  submit?.dispatchEvent(enter);
  assert.ok(enter.defaultPrevented, "Enter sends nothing");
  submit?.click();
  await redrawn();
  const sentences = [...root.querySelectorAll(".problem")].filter((each) => !each.hasAttribute("hidden"));
  assert.deepEqual(
    sentences.map(({ textContent }) => textContent),
    ["An answer is needed."],
  );
  assert.equal(said.length, 0);
  const [python] = root.querySelectorAll<HTMLInputElement>("input[type=radio]");
  assert.ok(python);
  python.checked = true;
  python.dispatchEvent(new Event("change"));
  const text = root.querySelector("textarea");
  assert.ok(text);
  text.value = "shop";
  text.dispatchEvent(new Event("input"));
  submit?.click();
  skip?.click();
  cancel?.click();
  const replies = said.filter((each) => each.type === "reply");
  const [accepted, ...others] = replies;
  assert.deepEqual(accepted, {
    type: "reply",
    sessionId: "bcdfghjk",
    requestId: "q1",
    action: "accept",
    values: [
      { name: "language", values: ["py"] },
      { name: "name", values: ["shop"] },
      { name: "count", values: ["3"] },
      { name: "dry", values: ["true"] },
    ],
  });
  assert.deepEqual(
    others.map(({ action }) => action),
    ["decline", "cancel"],
  );
});

test("an address is shown whole and opened by its host alone", async () => {
  const url = "https://example.org/login?code=1";
  const { root, said } = await draw(item({ kind: "question", question: question({ fields: [], url }) }));
  assert.match(root.textContent, /https:\/\/example\.org\/login\?code=1/);
  root.querySelector<HTMLElement>("button.main")?.click();
  assert.deepEqual(said, [{ type: "visit", sessionId: "bcdfghjk", requestId: "q1" }]);
});

test("what was answered stays to be read", async () => {
  const values = [
    { name: "language", values: ["py"] },
    { name: "dry", values: ["false"] },
  ];
  const answered = question({ action: "accept", decidedBy: "user", values });
  const { root } = await draw(item({ kind: "question", question: answered }));
  assert.match(root.querySelector("summary")?.textContent ?? "", /Which stack\?.*Answered by you/s);
  assert.deepEqual(
    [...root.querySelectorAll("dd")].map(({ textContent }) => textContent.trim()),
    ["Python", "No"],
  );
  assert.equal(root.querySelector("button"), null);
});

test("the timeline says what a turn took, and what is unknown", async () => {
  const turn = { number: 1, prompt: "x", startedMs: 0, endedMs: 1, stopReason: "end_turn" as const };
  const timeline = Object.assign(new SegueTimeline(), {
    session: session({ contextUsed: 50, contextSize: 200, cost: { amount: 0.5, currency: "USD", isEstimate: true } }),
    turns: [
      { ...turn, tokens: { input: 1200, output: 34 }, cost: { amount: 0.5, currency: "USD", isEstimate: true } },
      { ...turn, number: 2 },
    ],
  });
  document.body.append(timeline);
  await timeline.updateComplete;
  const [counted, unknown] = timeline.shadowRoot?.querySelectorAll("li") ?? [];
  assert.match(counted?.textContent ?? "", /Tokens: 1.?200 in, 34 out · Cost: ≈0.50 USD \(estimate by list prices\)/);
  assert.match(unknown?.textContent ?? "", /Tokens: unknown · Cost: unknown/);
  const total = timeline.shadowRoot?.querySelector("p")?.textContent ?? "";
  assert.equal(
    total,
    "In all: Cost: ≈0.50 USD (estimate by list prices) · Context: 25% of 200 tokens · Tokens: unknown",
  );
  timeline.remove();
});

test("a page may say what is in the table and nothing else", () => {
  assert.deepEqual(intentOf({ type: "mention", what: "file" }), { type: "mention", what: "file" });
  const refused = [
    undefined,
    "ready",
    { type: "constructor" },
    { type: "run", command: "workbench.action.quit" },
    { type: "openLocation", itemId: "a", index: "0" },
    { type: "prompt", sessionId: "a" },
    { type: "answer", sessionId: 1, requestId: "r", optionId: "o" },
  ];
  assert.deepEqual(refused.map(intentOf).filter(Boolean), []);
  assert.ok(newsOf({ type: "session", session: session() }));
  assert.equal(
    newsOf({ type: "items", sessionId: "a", seq: 1, isSnapshot: true, items: [{}], appends: [], hasOlder: false }),
    undefined,
  );
});

test("colours stay, every other control sequence goes (D47)", () => {
  const hostile =
    "\u001b]52;c;aGk=\u0007\u001b]0;t\u001b\\\u001bP1$q\u001b\\\u001b[3J\u001b[201~\u001b]633;A\u0007\u009b2J\u202e";
  const runs = runsOf(`a\u001b[1;31mred\u001b[0m${hostile}z`);
  assert.deepEqual(runs, [
    { text: "a", classes: [] },
    { text: "red", classes: ["fg-1", "bold"] },
    { text: "\\u{202e}z", classes: [] },
  ]);
  assert.deepEqual(runsOf("a\u001b]0;never ends"), [{ text: "a", classes: [] }]);
  assert.deepEqual(runsOf("\u001b[38;2;1;2;3;4mx"), [{ text: "x", classes: ["underline"] }]);
});

test("a page gets the end of ten thousand items, and steps backwards to the first", () => {
  const all = Array.from({ length: 10_000 }, (_, n) => item({ id: `m${n}`, seq: n, text: String(n) }));
  const pages = new Pages("s");
  const shown = new Shown("s");
  shown.apply(pages.snapshot(all, 10_000));
  assert.equal(shown.items.length, 200);
  const old = item({ id: "m3", seq: 10_001, text: "changed" });
  shown.apply(pages.changes({ ...CHANGE, seq: 10_001, items: [old] }));
  assert.equal(shown.items.length, 200, "what stands before the page waits until it is paged in");
  for (let steps = 0; shown.hasOlder && steps < 100; steps += 1) {
    const news = pages.older(all, shown.first ?? "");
    assert.ok(news.type === "older");
    shown.prepend(news.items, news.hasOlder);
  }
  assert.deepEqual(
    shown.items.map(({ id }) => id),
    all.map(({ id }) => id),
  );
});

test("a stretch of ten thousand entries is drawn, and it moves with what is read", () => {
  const entries = (first: number, end: number) =>
    Array.from({ length: end - first }, (_, n) => ({ id: `m${first + n}` }));
  const stretch = new Stretch<{ readonly id: string }>();
  const ends = () => [stretch.drawn[0]?.id, stretch.drawn.at(-1)?.id];
  stretch.take(entries(200, 10_000));
  assert.deepEqual(ends(), ["m9920", "m9999"], "it begins at the end");
  stretch.earlier();
  stretch.take(entries(0, 10_000));
  assert.deepEqual(ends(), ["m9860", "m9999"], "what comes in front moves nothing");
  stretch.take(entries(0, 10_100));
  assert.deepEqual(ends(), ["m9860", "m10099"], "what comes behind is drawn where there is room");
  for (let steps = 0; stretch.before > 0; steps += 1) {
    stretch.earlier();
    assert.ok(stretch.drawn.length <= DRAWN_LIMIT && steps < 200);
  }
  assert.deepEqual(ends(), ["m0", "m399"]);
  stretch.later();
  assert.deepEqual(ends(), ["m60", "m459"]);
  stretch.toEnd();
  assert.deepEqual(ends(), ["m10020", "m10099"]);
  assert.ok(stretch.isAtEnd);
});

test("a draft is kept over reloads and told to every pane but the one that writes it", async () => {
  const memory = new Map<string, unknown>();
  const memento: Memento = {
    keys: () => [...memory.keys()],
    get: <T>(key: string, otherwise?: T) => (memory.get(key) ?? otherwise) as T,
    update: (key, value) => Promise.resolve(void memory.set(key, value)),
  };
  const drafts = new Drafts(memento);
  const [tab, view, heard] = [{}, {}, [] as string[]];
  drafts.follow(tab, ({ text }) => heard.push(`tab ${text}`));
  drafts.follow(view, ({ text }) => heard.push(`view ${text}`));
  for (let n = 0; n < 60; n += 1) {
    await drafts.keep({ sessionId: `s${n}`, text: `draft ${n}` }, undefined);
  }
  heard.length = 0;
  await drafts.keep({ sessionId: "s59", text: "more" }, tab);
  assert.deepEqual(heard, ["view more"]);
  const again = new Drafts(memento);
  assert.deepEqual([again.of("s59"), again.of("s10"), again.of("s9")], ["more", "draft 10", ""]);
  await again.keep({ sessionId: "s59", text: "" }, view);
  assert.equal(new Drafts(memento).of("s59"), "");
});

test("pieces of text are added once, in order of seq", () => {
  const shown = new Shown("s");
  const pages = new Pages("s");
  shown.apply(pages.snapshot([item({ id: "m", seq: 1, text: "a" })], 1));
  const more = pages.changes({ ...CHANGE, seq: 2, appends: [{ itemId: "m", seq: 2, text: "b" }] });
  shown.apply(more);
  shown.apply(more);
  assert.equal(shown.items[0]?.text, "ab");
});

test("a diff shows what differs with three lines around", () => {
  const lines = diffLines("1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\nfive\n6\n");
  assert.deepEqual(
    lines.map(({ mark, text }) => mark + text),
    [" 2", " 3", " 4", "-5", "+five", " 6"],
  );
  assert.deepEqual(diffLines(undefined, "new\n"), [{ mark: "+", text: "new" }]);
});

test("code is coloured, tables stand, web links wait for a question", () => {
  assert.match(htmlOf("```python\ndef f(): pass\n```"), /hljs-keyword/);
  assert.match(htmlOf("| a |\n| --- |\n| b |"), /<td>b<\/td>/);
  assert.match(htmlOf("[x](https://example.org/a?b=1&c=2)"), /data-link="https:\/\/example.org\/a\?b=1&amp;c=2"/);
});

const CHANGE = changes({ resource: "session/s" });

function everywhere(payload: string): readonly ItemView[] {
  const option = { optionId: "o", name: payload, kind: "allow_once" as const, effect: phrase("{0}", payload) };
  const asked = permission({
    title: payload,
    facts: [{ name: phrase("{0}", payload), values: [payload, payload] }],
    options: [option],
  });
  return [
    item({ text: payload }),
    item({ kind: "prompt", text: payload }),
    item({ kind: "thought", text: payload }),
    item({ kind: "handover", text: payload }),
    ...plans(payload),
    item({ kind: "notice", text: payload }),
    item({ kind: "plan", entries: [{ content: payload, status: payload, priority: payload }] }),
    item({ kind: "permission", permission: asked }),
    item({ kind: "permission", permission: { ...asked, chosen: "o", decidedBy: "user" } }),
    ...forms(payload),
    item({
      kind: "tool_call",
      title: payload,
      toolKind: payload,
      status: payload,
      input: payload,
      locations: [{ path: payload, line: 1 }],
      content: [
        { type: "text", text: payload },
        { type: "diff", text: payload, oldText: payload + "x", path: payload },
        { type: payload, text: payload },
      ],
    }),
  ];
}

function forms(payload: string): readonly ItemView[] {
  const choices = [{ value: payload, title: payload, description: payload }];
  const fields = question().fields.map((field) => ({
    ...field,
    name: `${payload}${field.kind}`,
    title: payload,
    description: payload,
    choices: field.choices.length > 0 ? choices : [],
    defaults: field.kind === "boolean" ? [] : [payload],
    format: payload,
  }));
  const asked = question({ requestId: payload, message: payload, fields });
  const values = fields.map(({ name }) => ({ name, values: [payload] }));
  return [
    item({ kind: "question", question: asked }),
    item({ kind: "question", question: { ...asked, fields: [], url: payload } }),
    item({ kind: "question", question: { ...asked, action: "accept", decidedBy: payload, values } }),
  ];
}

function plans(payload: string): readonly ItemView[] {
  const comments = [{ commentId: "c", first: 1, last: 1, text: payload }];
  const plan = item({ kind: "proposal", planKey: "turn-1", text: payload, comments });
  return [plan, { ...plan, status: payload }];
}

test("what waits for an answer stands above the composer and no longer in the transcript", () => {
  const asked = permission({ title: "Run" });
  assert.ok(isPending(item({ kind: "permission", permission: asked })));
  assert.ok(isPending(item({ kind: "question", question: question({}) })));
  assert.ok(isPending(item({ kind: "proposal", text: "1. Do it" })));
  assert.ok(!isPending(item({ kind: "permission", permission: { ...asked, chosen: "o", decidedBy: "user" } })));
  assert.ok(!isPending(item({ kind: "proposal", text: "1. Do it", status: "approved" })));
  assert.ok(!isPending(item({ kind: "message", text: "hello" })));
});
