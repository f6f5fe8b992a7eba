/** The mirror against a server that is a list of facts: whatever is delivered, however often, the views agree. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ItemsParams, ItemView } from "../src/protocol/generated.ts";
import { Mirror } from "../src/sessions/mirror.ts";
import { changes, item, session } from "./samples.ts";

type Step =
  | { readonly kind: "put" | "append"; readonly id: string; readonly text: string }
  | { readonly kind: "remove"; readonly id: string };
type Delivery = "next" | "again" | "snapshot" | "late";

const ids = fc.constantFrom("a", "b", "c");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom("put" as const, "append" as const), id: ids, text: fc.string() }),
  fc.record({ kind: fc.constant("remove" as const), id: ids }),
);
const delivery = fc.constantFrom<Delivery>("next", "again", "snapshot", "late");

/** The truth: items after the first `count` steps; a step's number is its seq. */
function stateAfter(steps: readonly Step[], count: number): Map<string, ItemView> {
  const items = new Map<string, ItemView>();
  for (const [index, each] of steps.slice(0, count).entries()) {
    const known = items.get(each.id);
    const seq = index + 1;
    if (each.kind === "remove") {
      items.delete(each.id);
    } else if (each.kind === "put" || known === undefined) {
      items.set(each.id, item({ id: each.id, seq, text: each.text }));
    } else {
      items.set(each.id, { ...known, seq, text: (known.text ?? "") + each.text });
    }
  }
  return items;
}

/** What a server sends to bring a client from `from` to `to`: pure appends where it can, whole items where not. */
function between(steps: readonly Step[], from: number, to: number): ItemsParams {
  const [old, now] = [stateAfter(steps, from), stateAfter(steps, to)];
  const news = steps.slice(from, to);
  const isAppendOnly = (id: string) =>
    old.has(id) && news.every((each) => each.id !== id || each.kind === "append") && now.has(id);
  const touched = new Set(news.map(({ id }) => id));
  return changes({
    resource: "session/x",
    seq: to,
    items: [...now.values()].filter(({ id }) => touched.has(id) && !isAppendOnly(id)),
    appends: news.flatMap((each, index) =>
      each.kind === "append" && isAppendOnly(each.id)
        ? [{ itemId: each.id, seq: from + index + 1, text: each.text }]
        : [],
    ),
    removed: [...touched].filter((id) => !now.has(id)),
  });
}

function sorted(items: Iterable<ItemView>): readonly ItemView[] {
  return [...items].sort((one, other) => (one.id < other.id ? -1 : 1));
}

test("a snapshot and all later changes give the server's view, though deliveries repeat, merge and come late", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(step, delivery), { maxLength: 40 }), (script) => {
      const steps = script.map(([each]) => each);
      const mirror = new Mirror("session/x");
      mirror.apply(changes({ resource: "session/x", seq: 0, isSnapshot: true }));
      let at = 0;
      let last = changes({ resource: "session/x", seq: 0, isSnapshot: true });
      for (const [index, [, how]] of script.entries()) {
        const now = index + 1;
        if (how === "late") {
          continue;
        }
        if (how === "again") {
          mirror.apply(last);
        }
        const items = [...stateAfter(steps, now).values()];
        last =
          how === "snapshot"
            ? changes({ resource: "session/x", seq: now, isSnapshot: true, items })
            : between(steps, at, now);
        mirror.apply(last);
        at = now;
        assert.deepEqual(sorted(mirror.items), sorted(stateAfter(steps, now).values()));
        assert.equal(mirror.seq, now);
      }
    }),
  );
});

test("changes of another resource change nothing", () => {
  const mirror = new Mirror("sessions");
  assert.equal(mirror.apply(changes({ resource: "session/x", items: [item()] })), false);
  assert.equal(mirror.seq, undefined);
});

test("a row that is older than the one that is here does not replace it", () => {
  const mirror = new Mirror("sessions");
  mirror.apply(changes({ seq: 5, isSnapshot: true, sessions: [session({ seq: 5, title: "new" })] }));
  mirror.apply(changes({ seq: 6, sessions: [session({ seq: 4, title: "old" })] }));
  assert.equal(mirror.session("bcdfghjk")?.title, "new");
});

test("a snapshot drops what the server no longer has", () => {
  const mirror = new Mirror("sessions");
  mirror.apply(changes({ seq: 5, isSnapshot: true, sessions: [session()] }));
  mirror.apply(changes({ seq: 3, isSnapshot: true }));
  assert.deepEqual(mirror.sessions, []);
  assert.equal(mirror.seq, 3);
});
