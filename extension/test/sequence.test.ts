/** Keys that are pressed one right after the other. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Order } from "../src/shared/sequence.ts";

test("what is asked for later waits for what was asked for before, also where that fails", async () => {
  const order = new Order();
  const said: string[] = [];
  let go: () => void = () => undefined;
  const slow = order.run(async () => {
    await new Promise<void>((resolve) => (go = resolve));
    said.push("slow");
  });
  const failing = order.run(async () => {
    said.push("failing");
    return Promise.reject(new Error("no"));
  });
  const settled = order.settled().then(() => said.push("settled"));
  const last = order.run(async () => Promise.resolve(said.push("last")));
  await Promise.resolve();
  assert.deepEqual(said, []);
  go();
  await assert.rejects(failing);
  await Promise.all([slow, settled, last]);
  assert.deepEqual(said.slice(0, 2), ["slow", "failing"]);
  assert.deepEqual(said.slice(2).sort(), ["last", "settled"]);
});
