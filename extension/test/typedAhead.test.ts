/** Keys that were typed into the code while the focus was on its way out of it: what has to be taken out again. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TypedAhead, type Replacement } from "../src/pairing/typedAhead.ts";

function applied(text: string, { rangeOffset: at, rangeLength, text: more }: Replacement): string {
  return text.slice(0, at) + more + text.slice(at + rangeLength);
}

test("what keys did at the cursor is taken out exactly, and what others wrote elsewhere stays", () => {
  const text = fc.string({ minLength: 4, maxLength: 30 });
  const key = fc.oneof(fc.string({ minLength: 1, maxLength: 2 }), fc.constant("backspace"));
  fc.assert(
    fc.property(text, fc.nat(), fc.array(key, { maxLength: 6 }), fc.boolean(), (typed, place, keys, isAbove) => {
      const start = 2 + (place % (typed.length - 3));
      let [now, at] = [typed, start];
      const ahead = new TypedAhead(typed, { start, end: start });
      const change = (each: Replacement) => {
        ahead.change(each);
        now = applied(now, each);
      };
      for (const each of keys) {
        const isBack = each === "backspace";
        if (!isBack || at > 2) {
          change({ rangeOffset: isBack ? at - 1 : at, rangeLength: isBack ? 1 : 0, text: isBack ? "" : each });
          at += isBack ? -1 : each.length;
        }
      }
      const others = isAbove ? "above\n" : "";
      change({ rangeOffset: 0, rangeLength: 0, text: others });
      const { stretch } = ahead;
      const back = stretch === undefined ? now : now.slice(0, stretch.start) + stretch.before + now.slice(stretch.end);
      assert.equal(back, others + typed);
    }),
  );
});

test("a selection that was typed over comes back", () => {
  const ahead = new TypedAhead("keep these words", { start: 5, end: 10 });
  ahead.change({ rangeOffset: 5, rangeLength: 5, text: "x" });
  ahead.change({ rangeOffset: 6, rangeLength: 0, text: "y" });
  assert.deepEqual(ahead.stretch, { start: 5, end: 7, before: "these" });
});

test("where nothing was typed there is nothing to take out", () => {
  assert.equal(new TypedAhead("text", { start: 1, end: 3 }).stretch, undefined);
});
