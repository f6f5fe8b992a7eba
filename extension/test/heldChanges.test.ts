/** Keys that went into the code by mistake and were taken out again: the server does not hear of them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { TextDocumentChangeEvent } from "vscode";
import { HeldChanges } from "../src/client/heldChanges.ts";

function given(text: string) {
  const told: string[] = [];
  const document = { text, getText: () => document.text };
  const made = (said: string) => ({ said }) as unknown as TextDocumentChangeEvent;
  const held = new HeldChanges(() => made("nothing"));
  const send = (event: TextDocumentChangeEvent) => {
    told.push((event as unknown as { said: string }).said);
    return Promise.resolve();
  };
  const change = (said: string, after: string) => {
    document.text = after;
    return held.change("a", made(said), send);
  };
  return { told, held, change, hold: () => held.hold("a", document) };
}

test("what was typed and taken out again is told as a new version without a change", async () => {
  const { told, change, hold } = given("code");
  const release = hold();
  await change("typed", "cxode");
  await change("taken out", "code");
  assert.deepEqual(told, []);
  await release();
  assert.deepEqual(told, ["nothing"]);
  await change("typed", "codes");
  assert.deepEqual(told, ["nothing", "typed"]);
});

test("what stays in the text is told in its order", async () => {
  const { told, change, hold } = given("code");
  const release = hold();
  await change("typed", "cxode");
  await change("written by the agent", "cxode!");
  await release();
  assert.deepEqual(told, ["typed", "written by the agent"]);
});

test("a document is held until the last of its holders lets go, and told whole before it is saved", async () => {
  const { told, held, change, hold } = given("code");
  const [first, second] = [hold(), hold()];
  await change("typed", "cxode");
  await first();
  assert.deepEqual(told, []);
  await held.flush("a");
  assert.deepEqual(told, ["typed"]);
  await change("taken out", "code");
  await second();
  assert.deepEqual(told, ["typed", "taken out"]);
});

test("a document of which nothing was held is told of nothing", async () => {
  const { told, hold } = given("code");
  await hold()();
  assert.deepEqual(told, []);
});
