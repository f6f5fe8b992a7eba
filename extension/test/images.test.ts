/** Images in the page: shown from what the host sent and from nowhere else, attached by paste, named for everybody. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ImageView } from "../src/protocol/generated.ts";
import { intentOf, newsOf, type Intent } from "../src/protocol/webview.ts";
import "./dom.ts";
import { draw } from "./drawing.ts";
import { item, session } from "./samples.ts";

const { SegueComposer } = await import("../src/webview/composer.ts");
const { SeguePicture } = await import("../src/webview/picture.ts");

const image: ImageView = { hash: "a".repeat(64), mimeType: "image/png", size: 12_345 };

async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
}

async function composer(takesImages: boolean | undefined, images: readonly ImageView[] = []) {
  const said: Intent[] = [];
  const element = new SegueComposer();
  const shown = session(takesImages === undefined ? {} : { takesImages });
  Object.assign(element, { session: shown, images, send: (intent: Intent) => said.push(intent) });
  document.body.append(element);
  await element.updateComplete;
  const root = element.shadowRoot;
  assert.ok(root);
  return { element, root, said };
}

function paste(root: ShadowRoot, ...files: readonly { readonly type: string; readonly size: number }[]): Event {
  const made = files.map((file) => ({ name: "shot", arrayBuffer: () => Promise.resolve(new ArrayBuffer(3)), ...file }));
  const event = new Event("paste", { cancelable: true });
  Object.assign(event, { clipboardData: { files: made } });
  root.querySelector("vscode-textarea")?.dispatchEvent(event);
  return event;
}

test("a picture asks for its content, shows what came as data, and opens by a click", async () => {
  const said: Intent[] = [];
  const picture = new SeguePicture();
  Object.assign(picture, { image, sessionId: "bcdfghjk", words: "From the agent" });
  picture.send = (intent) => said.push(intent);
  document.body.append(picture);
  await picture.updateComplete;
  const root = picture.shadowRoot;
  assert.ok(root);
  assert.deepEqual(said, [{ type: "image", sessionId: "bcdfghjk", hash: image.hash }]);
  assert.equal(root.textContent.trim(), "From the agent, image/png, 12 kB");
  const news = { type: "image", sessionId: "bcdfghjk", image, data: "AAAA" };
  window.dispatchEvent(new window.MessageEvent("message", { data: news }));
  await picture.updateComplete;
  const shown = root.querySelector("img");
  assert.equal(shown?.getAttribute("src"), "data:image/png;base64,AAAA");
  assert.equal(shown.getAttribute("alt"), "From the agent, image/png, 12 kB");
  root.querySelector("button")?.click();
  assert.equal(said.at(-1)?.type, "openImage");
  picture.remove();
});

test("no other kind of image and nothing but base64 is taken (D46)", () => {
  const news = { type: "image", sessionId: "s", image, data: "AAAA" };
  assert.ok(newsOf(news));
  assert.equal(newsOf({ ...news, image: { ...image, mimeType: "image/svg+xml" } }), undefined);
  assert.equal(newsOf({ ...news, data: 'AAAA" onerror="x' }), undefined);
  assert.equal(intentOf({ type: "attach", sessionId: "s", data: "A".repeat(8 * 2 ** 20) }), undefined);
  assert.ok(intentOf({ type: "attach", sessionId: "s", data: "AAAA" }));
});

test("images of prompts, answers and tool calls are drawn at their place", async () => {
  for (const view of [
    item({ kind: "prompt", text: "Look", images: [image] }),
    item({ kind: "image", images: [image] }),
    item({ kind: "tool_call", content: [{ type: "image", text: "[image]", image }] }),
  ]) {
    const { root } = await draw(view);
    assert.equal(root.querySelectorAll("segue-picture").length, 1, view.kind);
  }
});

test("a pasted image is attached, one that is too large is named, text is left alone", async () => {
  const { element, root, said } = await composer(true);
  assert.equal(paste(root, { type: "image/png", size: 3 }).defaultPrevented, true);
  await settled();
  assert.deepEqual(said.at(-1), { type: "attach", sessionId: element.session.id, data: "AAAA" });
  paste(root, { type: "image/png", size: 6 * 2 ** 20 });
  await settled();
  await element.updateComplete;
  assert.equal(root.querySelector("[role=alert]")?.textContent, "shot has 6.0 MiB; an image may have 5 MiB.");
  assert.equal(paste(root, { type: "text/plain", size: 3 }).defaultPrevented, false);
  element.remove();
});

test("an agent that takes no images is named, and one that nobody asked yet is tried", async () => {
  const none = await composer(false);
  paste(none.root, { type: "image/png", size: 3 });
  await none.element.updateComplete;
  assert.match(none.root.querySelector("[role=alert]")?.textContent ?? "", /does not take images/);
  assert.ok(!none.said.some(({ type }) => type === "attach"));
  const unknown = await composer(undefined);
  const attach = [...unknown.root.querySelectorAll("button")].find(
    ({ textContent }) => textContent === "Attach Image…",
  );
  attach?.click();
  assert.equal(unknown.said.at(-1)?.type, "pickImages");
  none.element.remove();
  unknown.element.remove();
});

test("what is attached goes with the prompt and can be taken away by its name", async () => {
  const { element, root, said } = await composer(true, [image]);
  const gone: unknown[] = [];
  element.addEventListener("detached", (event) => gone.push((event as CustomEvent<string>).detail));
  const remove = root.querySelector<HTMLElement>("[aria-label='Remove: Attached image, image/png, 12 kB']");
  root.querySelector<HTMLElement>("vscode-button")?.click();
  await element.updateComplete;
  assert.equal(root.querySelector("[role=alert]")?.textContent, "Say what the image is for.");
  element.draft = "Rebuild this";
  root.querySelector<HTMLElement>("vscode-button")?.click();
  const sent = said.at(-1);
  assert.deepEqual(sent?.type === "prompt" ? sent.images : undefined, [image.hash]);
  remove?.click();
  assert.deepEqual(gone, [image.hash]);
  element.remove();
});
