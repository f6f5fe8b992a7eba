/** Draws an entry of a transcript in a DOM, and keeps what it says. */

import assert from "node:assert/strict";
import type { ItemView } from "../src/protocol/generated.ts";
import type { Intent } from "../src/protocol/webview.ts";
import "./dom.ts";

const { SegueItem } = await import("../src/webview/item.ts");

export async function draw(view: ItemView) {
  const said: Intent[] = [];
  const element = new SegueItem();
  Object.assign(element, {
    item: view,
    sessionId: "bcdfghjk",
    isOpen: true,
    send: (intent: Intent) => said.push(intent),
  });
  document.body.append(element);
  await element.updateComplete;
  const root = element.shadowRoot;
  assert.ok(root);
  element.remove();
  return { root, said, element, redrawn: () => element.updateComplete };
}

/** The button of that name. */
export function named(root: ShadowRoot, name: string): HTMLElement {
  const found = [...root.querySelectorAll<HTMLElement>("button")].find((each) => each.textContent.trim() === name);
  assert.ok(found, name);
  return found;
}
