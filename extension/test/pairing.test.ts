/** The agent's undecided changes in a window: where they stand, which comes next, what is said of them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  before,
  count,
  decidedText,
  leftOut,
  markAt,
  marksOf,
  neighbour,
  spoken,
  withoutChanges,
} from "../src/pairing/hunks.ts";
import { mergeTexts, movedTo, replacementOf } from "../src/pairing/mergeTexts.ts";
import { placeKey, spokenIn } from "../src/pairing/promptPlaces.ts";
import { prose, said } from "../src/pairing/words.ts";
import type { HunkView, LinkView, ProposalView } from "../src/protocol/generated.ts";
import { item } from "./samples.ts";

function hunk(over: Partial<HunkView> = {}): HunkView {
  return {
    id: "h1",
    revision: "r",
    path: "src/greet.py",
    uri: "file:///p/src/greet.py",
    startLine: 4,
    endLine: 6,
    oldText: "one\n",
    newText: "1\n2\n",
    isWholeFile: false,
    ...over,
  };
}

function proposal(over: Partial<ProposalView> = {}): ProposalView {
  const { id, revision, path, uri } = hunk();
  const texts = { base: "a\n", mine: "b\n", theirs: "c\n", message: "Both changed this." };
  return { id, revision, path, uri, startLine: 9, endLine: 10, kind: "overlap", ...texts, ...over };
}

function link(hunks: readonly HunkView[], proposals: readonly ProposalView[] = []): LinkView {
  const paths = [...new Set([...hunks, ...proposals].map(({ path }) => path))];
  const files = paths.map((path) => ({
    path,
    uri: `file:///p/${path}`,
    hunks: hunks.filter((each) => each.path === path),
    proposals: proposals.filter((each) => each.path === path),
    isSuspended: false,
  }));
  return { sessionId: "s", checkout: "/p", files, comments: [], notices: [], canShare: false };
}

test("changes are gone through by file and line, round and round, in both directions", () => {
  const marks = marksOf([
    link(
      [hunk({ id: "c", path: "b.py", startLine: 0, endLine: 1 }), hunk({ id: "b", startLine: 20 }), hunk({ id: "d" })],
      [proposal({ id: "p" })],
    ),
  ]);
  assert.deepEqual(
    marks.map(({ view }) => view.id),
    ["c", "d", "p", "b"],
  );
  const from = (path: string, line: number) => ({ path, line });
  assert.equal(neighbour(marks, from("src/greet.py", 4), 1)?.view.id, "p");
  assert.equal(neighbour(marks, from("src/greet.py", 4), -1)?.view.id, "c");
  assert.equal(neighbour(marks, from("src/greet.py", 30), 1)?.view.id, "c");
  assert.equal(neighbour(marks, from("a.py", 3), -1)?.view.id, "b");
  assert.equal(neighbour([], from("a.py", 3), 1), undefined);
});

test("going on from change to change reaches each of them once", () => {
  const spans = fc.uniqueArray(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(spans, fc.integer({ min: 0, max: 60 }), (starts, line) => {
      const marks = marksOf([
        link(starts.map((start) => hunk({ id: `${start}`, startLine: start, endLine: start + 1 }))),
      ]);
      const seen = new Set<string>();
      let at = { path: "src/greet.py", line };
      while (seen.size < starts.length) {
        const before = seen.size;
        const mark = neighbour(marks, at, 1);
        seen.add(mark?.view.id ?? "");
        assert.equal(seen.size, before + 1);
        at = { path: "src/greet.py", line: mark?.view.startLine ?? 0 };
      }
    }),
  );
});

test("the cursor is in a change on each of its lines, and beside lines that are gone", () => {
  const gone = hunk({ id: "gone", startLine: 8, endLine: 8, newText: "" });
  const marks = marksOf([link([hunk(), gone])]);
  const at = (line: number) => markAt(marks, { path: "src/greet.py", line })?.view.id;
  assert.deepEqual([3, 4, 5, 6, 7, 8, 9].map(at), [undefined, "h1", "h1", undefined, "gone", "gone", undefined]);
  assert.equal(markAt(marks, { path: "other", line: 4 }), undefined);
});

test("what stood there is said in a few words, and nothing of it is an icon or a command", () => {
  assert.equal(before(hunk({ oldText: "  return 1\n" })), "was: return 1");
  assert.equal(before(hunk({ oldText: "a\nb\n" })), "2 lines were here");
  assert.equal(before(hunk({ oldText: `${"x".repeat(99)}\n` })), "1 line was here");
  assert.equal(before(hunk({ oldText: "a\r\n", newText: "" })), "1 line was here");
  assert.equal(before(hunk({ oldText: "" })), "");
  assert.equal(count([link([hunk(), hunk({ id: "2" })], [proposal({ path: "z" })])]), "3 changes in 2 files");
  assert.equal(before(hunk({ oldText: "x".repeat(5_000_000) })), "1 line was here", "however long a line is");
});

test("a change is told by its number, its place and what it does", () => {
  const marks = marksOf([
    link([hunk(), hunk({ id: "gone", startLine: 20, endLine: 20, newText: "" })], [proposal({ id: "p" })]),
  ]);
  assert.deepEqual(
    marks.map((mark) => spoken(mark, marks)),
    [
      "Change 1 of 3, src/greet.py: lines 5 to 6, the agent adds 2, removes 1",
      "Change 2 of 3, src/greet.py: line 10, Both changed this.",
      "Change 3 of 3, src/greet.py: line 21, the agent adds 0, removes 1",
    ],
  );
});

test("a conversation shows its own turns: prompts, answers, and what the agent did", () => {
  const items = [
    item({ id: "1", kind: "prompt", turn: 1, text: "elsewhere" }),
    item({ id: "2", kind: "prompt", turn: 2, text: "In a file:\n\nrename" }),
    item({ id: "3", kind: "thought", turn: 2, text: "hm" }),
    item({ id: "4", kind: "tool_call", turn: 2, title: "Edit greet.py" }),
    item({ id: "5", kind: "message", turn: 2, text: "Done:\n```py\nx = `1`\n```\n![i](http://x/y.png)" }),
  ];
  const [asked, answered] = said(items, new Map([[2, "rename"]]));
  assert.deepEqual([asked?.by, asked?.body], ["person", "rename"]);
  assert.equal(answered?.by, "agent");
  assert.match(answered.body, /Edit greet/);
  assert.match(answered.body, /```\nx = `1`\n```/);
  assert.doesNotMatch(answered.body, /!\[i\]\(/, "an image of an agent is not loaded (D46)");
});

test("no text of an agent leaves its block of code (D46)", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("```", "````", "\n", "x", "[a](command:b)", "`", " "), { maxLength: 20 }),
      (parts) => {
        const outside = prose(parts.join("")).replace(/^(`{3,})\n[\s\S]*?\n\1$/gm, "");
        assert.doesNotMatch(outside, /(^|[^\\])\[a\]/);
      },
    ),
  );
});

test("a text without the agent's changes is what the person has, whatever its line ends are", () => {
  const changed = [
    hunk({ id: "a", startLine: 0, endLine: 1, oldText: "", newText: "new\n" }),
    hunk({ id: "b", startLine: 2, endLine: 2, oldText: "gone\nand this\n", newText: "" }),
    hunk({ id: "c", startLine: 3, endLine: 4, oldText: "no line end", newText: "line end\n" }),
    hunk({ id: "whole", startLine: 0, endLine: 4, oldText: "", isWholeFile: true }),
  ];
  const own = "mine\ngone\nand this\nmine too\nno line end";
  assert.equal(withoutChanges("new\nmine\nmine too\nline end\n", changed), own);
  assert.equal(withoutChanges("new\r\nmine\r\nmine too\r\nline end\r\n", changed), own);
});

test("a merge begins with the conflict at its place, and what comes out goes where the lines stand by then", () => {
  const overlap = proposal({ startLine: 1, endLine: 2 });
  const texts = mergeTexts(overlap, "top\nb\nend");
  assert.equal(texts.base, "top\na\nend");
  assert.equal(texts.mine, "top\nb\nend");
  assert.equal(texts.theirs, "top\nc\nend");
  assert.match(texts.result, /^top\n<<<<<<< .*\nc\n=======\nb\n>>>>>>> .*\nend$/);

  const change = replacementOf("top\nb\nend", "top\nb and c\nend");
  assert.deepEqual(change, { startLine: 1, endLine: 2, text: "b and c\n" });
  assert.ok(change);
  assert.deepEqual(movedTo(change, "top\nb\nend", "new\ntop\nb\nend", 1), { ...change, startLine: 2, endLine: 3 });
  assert.equal(movedTo(change, "top\nb\nend", "top\nB\nend", 0), undefined, "never over lines that changed meanwhile");
  assert.equal(replacementOf("same\n", "same\n"), undefined);
});

test("a replacement of lines leads from any text to any other", () => {
  const text = fc.array(fc.constantFrom("a\n", "b\n", "c", "\n"), { maxLength: 8 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, text, (from, to) => {
      const found = replacementOf(from, to);
      const lines = from === "" ? [] : from.split(/(?<=\n)/);
      lines.splice(found?.startLine ?? 0, (found?.endLine ?? 0) - (found?.startLine ?? 0), found?.text ?? "");
      assert.equal(lines.join(""), to);
    }),
  );
});

test("conversations are found again by the places of their prompts, turn by turn", () => {
  const place = { uri: "file:///p/src/greet.py", startLine: 4, endLine: 6, words: "shorter" };
  const elsewhere = { ...place, startLine: 9, endLine: 10, words: "and here" };
  const found = spokenIn([
    item({ kind: "prompt", turn: 1, place }),
    item({ kind: "message", turn: 1, text: "done" }),
    item({ kind: "prompt", turn: 2, text: "without a place" }),
    item({ kind: "prompt", turn: 3, place: elsewhere }),
    item({ kind: "prompt", turn: 4, place: { ...place, words: "shorter still" } }),
  ]);
  assert.deepEqual(
    found.map(({ place: { startLine }, turns }) => [startLine, [...turns]]),
    [
      [
        4,
        [
          [1, "shorter"],
          [4, "shorter still"],
        ],
      ],
      [9, [[3, "and here"]]],
    ],
  );
  assert.notEqual(placeKey("a", place), placeKey("a", elsewhere));
});

test("what is decided with others is counted, and what was left out is named", () => {
  const marks = marksOf([link([hunk(), hunk({ id: "h2", startLine: 20 })], [proposal({ id: "p" })])]);
  const [one, two] = [marks.filter(({ view }) => view.id === "h1"), marks.filter(({ kind }) => kind === "hunk")];
  assert.equal(decidedText(one, "accept"), "Accepted 1 change in 1 file.");
  assert.equal(decidedText(two, "reject"), "Rejected 2 changes in 1 file.");
  const conflicts = marks.filter(({ kind }) => kind === "proposal");
  assert.equal(leftOut([], [], "accept"), "");
  assert.equal(
    leftOut([], conflicts, "accept"),
    "1 conflict is left: you and the agent changed the same lines at src/greet.py line 10. Choose Take Theirs, Keep Mine or Merge there.",
  );
  const many = marksOf([
    link(
      [],
      [1, 2, 3, 4, 5].map((at) => proposal({ id: `p${at}`, startLine: at })),
    ),
  ]);
  assert.match(leftOut([], many, "accept"), /^5 conflicts are left: .*line 2, .*line 3, .*line 4 and 2 more\./);
  const held = [{ path: ".envrc", uri: "file:///p/.envrc", hunks: 1, why: "runs in your shell" }];
  assert.match(leftOut(held, conflicts, "accept"), /^Not accepted with the others: \.envrc .*conflict is left/);
  const alone = marksOf([link([], [proposal({ kind: "held", path: ".envrc", message: "It runs." })])]);
  for (const told of [leftOut(held, [], "accept"), leftOut(held, alone, "accept")]) {
    assert.equal(
      told,
      "Not accepted with the others: .envrc (runs in your shell). Use Next Change to go there and decide on it.",
    );
  }
});
