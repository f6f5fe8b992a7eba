/** What an agent offers, in the page: options to choose, commands behind a slash, a prompt that interrupts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommandView, ConfigOptionView, SessionView } from "../src/protocol/generated.ts";
import { newsOf, type Intent } from "../src/protocol/webview.ts";
import { Mirror } from "../src/sessions/mirror.ts";
import "./dom.ts";
import { changes, session } from "./samples.ts";

const { fitting, hintFor } = await import("../src/webview/commands.ts");
const { SegueComposer } = await import("../src/webview/composer.ts");
const { SegueChoices } = await import("../src/webview/choices.ts");
const { SegueCommands } = await import("../src/webview/commands.ts");

const COMMANDS: readonly CommandView[] = [
  { name: "compact", description: "Forget what is not needed" },
  { name: "review", description: "Look over the changes", hint: "what to look at" },
  { name: "preview" },
];
const MODEL: ConfigOptionView = {
  optionId: "model",
  name: "Model",
  category: "model",
  type: "select",
  current: "small",
  values: [
    { value: "small", name: "Small", group: "Sizes" },
    { value: "large", name: "Large", group: "Sizes", description: "Takes its time" },
    { value: "other", name: "Other" },
  ],
};
const MODE: ConfigOptionView = {
  ...MODEL,
  optionId: "m",
  name: "Mode",
  category: "mode",
  current: "gone",
  values: [{ value: "ask", name: "Ask <b>first</b>" }],
};
const ODD: ConfigOptionView = {
  optionId: "odd",
  name: "Odd",
  category: "_odd",
  type: "slider",
  current: "7",
  values: [],
};

test("commands that begin so come first, then those that hold it, and none behind the first word", () => {
  const names = (draft: string) => fitting(COMMANDS, draft).map(({ name }) => name);
  assert.deepEqual(names("/"), ["compact", "review", "preview"]);
  assert.deepEqual(names("/RE"), ["review", "preview"]);
  assert.deepEqual(["", "x /re", "/review ", "/zzz"].flatMap(names), []);
  assert.equal(hintFor(COMMANDS, "/review "), "what to look at");
  assert.deepEqual(
    ["/review it", "/compact ", "review"].map((draft) => hintFor(COMMANDS, draft)),
    [undefined, undefined, undefined],
  );
});

test("arrows move, Enter and Tab take a command, Escape leaves what was typed", async () => {
  const { element, root } = await drawn(new SegueCommands(), { commands: COMMANDS, draft: "/" });
  const picked: string[] = [];
  element.addEventListener("picked", (event) => picked.push((event as CustomEvent<string>).detail));
  assert.equal(root.querySelector(".unseen")?.textContent, "/compact, Forget what is not needed, 1 of 3");
  assert.ok(element.press("ArrowUp"));
  assert.ok(element.press("Enter"));
  assert.ok(element.press("ArrowDown"));
  assert.ok(element.press("Tab"));
  assert.deepEqual(picked, ["/preview ", "/compact "]);
  assert.ok(!element.press("a"));
  assert.ok(element.press("Escape"));
  await element.updateComplete;
  assert.equal(root.querySelector("ul"), null);
  assert.ok(!element.press("Enter"), "Enter is a new line again");
  element.draft = "/c";
  await element.updateComplete;
  assert.equal(root.querySelectorAll("li").length, 1, "more was typed");
  element.remove();
});

test("model and mode stand there, the rest behind a button, and what is chosen is said", async () => {
  const said: Intent[] = [];
  const { element, root } = await drawn(new SegueChoices(), {
    sessionId: "bcdfghjk",
    options: [MODE, ODD, MODEL],
    send: (intent: Intent) => said.push(intent),
  });
  const names = () => [...root.querySelectorAll("label > .quiet, span > .quiet")].map(({ textContent }) => textContent);
  assert.deepEqual(names(), ["Model", "Mode"]);
  const [model, mode] = root.querySelectorAll("select");
  assert.deepEqual(
    [...(model?.children ?? [])].map((child) => child.getAttribute("label") ?? child.textContent.trim()),
    ["Sizes", "Other"],
  );
  assert.match(mode?.textContent ?? "", /gone\s+Ask <b>first<\/b>/, "a value that was never offered is shown plainly");
  assert.ok(model !== undefined);
  model.value = "large";
  model.dispatchEvent(new Event("change"));
  assert.deepEqual(said, [{ type: "configure", sessionId: "bcdfghjk", optionId: "model", value: "large" }]);
  element.options = [{ ...MODEL }];
  await element.updateComplete;
  assert.equal(root.querySelector("select")?.value, "small", "the agent refused: what stands is shown");
  element.options = [ODD, MODEL];
  await element.updateComplete;
  root.querySelector("button")?.click();
  await element.updateComplete;
  assert.deepEqual(names(), ["Model", "Odd"]);
  assert.match(root.textContent, /Odd\s+7/);
  element.remove();
});

test("a prompt interrupts by button and by key where something runs, and only with words", async () => {
  const { element, root, said } = await composer({ state: "running" });
  const button = [...root.querySelectorAll("vscode-button")].find((each) => /Interrupt/.test(each.textContent));
  assert.ok(button !== undefined && button.hasAttribute("disabled"));
  element.draft = "use the old API";
  await element.updateComplete;
  assert.ok(!button.hasAttribute("disabled"));
  (button as HTMLElement).click();
  press(root, { key: "Enter", ctrlKey: true, shiftKey: true });
  press(root, { key: "Enter", ctrlKey: true });
  const prompt = { type: "prompt", sessionId: "bcdfghjk", text: "use the old API" };
  assert.deepEqual(said, [
    { ...prompt, isNow: true, images: [] },
    { ...prompt, isNow: true, images: [] },
    { ...prompt, isNow: false, images: [] },
  ]);
  element.remove();
});

test("a slash at the beginning offers commands, and the hint of one that takes something", async () => {
  const { element, root } = await composer({ state: "idle" });
  element.draft = "/rev";
  await element.updateComplete;
  const list = root.querySelector("segue-commands");
  await (list as unknown as { updateComplete: Promise<unknown> }).updateComplete;
  press(root, { key: "Enter" });
  await element.updateComplete;
  assert.equal(element.draft, "/review ");
  assert.match(root.textContent, /what to look at/);
  element.remove();
});

test("an offer is checked on its way into the page", () => {
  const offer = { options: [MODEL, ODD], commands: COMMANDS };
  assert.ok(newsOf({ type: "offer", sessionId: "s", offer }));
  assert.equal(newsOf({ type: "offer", sessionId: "s", offer: { options: [{}], commands: [] } }), undefined);
});

test("an offer stays until another one comes, or a snapshot has none", () => {
  const mirror = new Mirror("session/s");
  const offer = { options: [MODEL], commands: [] };
  mirror.apply(changes({ resource: "session/s", seq: 1, offer }));
  mirror.apply(changes({ resource: "session/s", seq: 2 }));
  assert.equal(mirror.offer, offer);
  mirror.apply(changes({ resource: "session/s", seq: 3, isSnapshot: true }));
  assert.equal(mirror.offer, undefined);
});

test("a click on an answer, which takes the focus from the prompt, moves nothing above it", async () => {
  const { element } = await composer({ state: "requires_action" });
  Object.assign(element, { yields: true });
  await element.updateComplete;
  assert.ok(!element.hasAttribute("visited"), "nothing but the prompt before it has the focus");
  element.dispatchEvent(new window.Event("focusin"));
  await element.updateComplete;
  assert.ok(element.hasAttribute("visited"));
  element.dispatchEvent(new window.Event("focusout"));
  await element.updateComplete;
  assert.ok(element.hasAttribute("visited"), "the buttons below the prompt stay until it is answered");
  Object.assign(element, { yields: false });
  await element.updateComplete;
  await element.updateComplete;
  assert.ok(!element.hasAttribute("visited"));
});

async function composer(over: Partial<SessionView>) {
  const said: Intent[] = [];
  const { element, root } = await drawn(new SegueComposer(), {
    session: session(over),
    offer: { options: [], commands: COMMANDS },
    send: (intent: Intent) => said.push(intent),
  });
  return { element, root, said };
}

function press(root: ShadowRoot, key: KeyboardEventInit): void {
  root.querySelector("vscode-textarea")?.dispatchEvent(new KeyboardEvent("keydown", { ...key, cancelable: true }));
}

async function drawn<E extends HTMLElement & { readonly updateComplete: Promise<unknown> }>(
  element: E,
  properties: object,
) {
  Object.assign(element, properties);
  document.body.append(element);
  await element.updateComplete;
  const root = element.shadowRoot;
  assert.ok(root);
  return { element, root };
}
