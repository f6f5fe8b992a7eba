/** A very long session: ten thousand entries are drawn a stretch at a time, read backwards without a jump, followed at their end. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { journey, until } from "./harness.mjs";
import { find, narrow } from "./harness/panel.mjs";
import { recording, says, update, words } from "./harness/recording.mjs";

const ENTRIES = 10_000;
const DRAWN_LIMIT = 400;

journey(
  "ten thousand entries scroll without a jump, and the end is followed whatever the view's width",
  async (stage) => {
    const { window, home, segue } = stage;
    const path = join(home.path, "long.jsonl");
    writeFileSync(path, recording(...entries()));
    await segue("new", "--agent", "replay", "--title", "long words", `[[replay=${path}]]`);
    await until("its end", async () => (await find(segue, "long words")).stopReason === "end_turn");
    await window.show("Segue");
    await (await window.row("long words")).click();
    const begun = performance.now();
    const frame = await window.webview('h1:has-text("long words")');
    await frame.getByText(`Entry ${ENTRIES - 1}`).waitFor();
    const openedMs = performance.now() - begun;
    const scroll = await frame.locator(".scroll").elementHandle();
    const state = () => scroll.evaluate(look);

    for (const width of [250, 420]) {
      await narrow(window, width);
      await until(`the end at ${width} pixels`, async () => (await state()).toEnd <= 24);
    }

    const read = await scroll.evaluate(readBackwards, 60);
    assert.deepEqual(read.jumps, [], "what is read moves only as far as it is scrolled");
    const place = await state();
    await narrow(window, 300);
    await until("another width", async () => (await state()).width < place.width);
    assert.equal((await state()).first, place.first, "a narrower view shows the same entry at its top");
    await narrow(window, 420);
    await window.screenshot("long-middle");

    const drawn = await scroll.evaluate(skipToStart);
    assert.ok(drawn.most <= DRAWN_LIMIT, `${drawn.most} entries were drawn at once`);
    await frame.getByText(`[[replay=${path}]]`).waitFor();
    await window.screenshot("long-start");
    await scroll.focus();
    await window.page.keyboard.press("End");
    await frame.getByText(`Entry ${ENTRIES - 1}`).waitFor();
    await until("the end by its key", async () => (await state()).toEnd <= 24);
    const facts = [`opened in ${openedMs.toFixed(0)} ms`, ...read.frames, `${drawn.most} drawn at the most`];
    console.log(`ten thousand entries: ${facts.join(", ")}`);
  },
);

/** Runs in the page: where the transcript stands. */
function look(pane) {
  const edge = pane.getBoundingClientRect().top;
  const entries = [...pane.querySelectorAll("segue-item")];
  const first = entries.find((entry) => entry.getBoundingClientRect().bottom > edge);
  const toEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight;
  return { first: first?.item.id, toEnd, width: pane.clientWidth };
}

/** Runs in the page: scrolls backwards frame by frame, and measures how far each step moved what was at the top. */
async function readBackwards(pane, steps) {
  const topEntry = () => {
    const edge = pane.getBoundingClientRect().top;
    return [...pane.querySelectorAll("segue-item")].find((entry) => entry.getBoundingClientRect().bottom > edge);
  };
  const [jumps, times, long] = [[], [], []];
  const watch = new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration)));
  watch.observe({ type: "longtask" });
  for (let step = 0; step < steps; step += 1) {
    const entry = topEntry();
    const before = entry.getBoundingClientRect().top;
    const started = performance.now();
    pane.scrollTop -= 300;
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame); // what the scrolling brought is drawn now
    times.push((performance.now() - started) / 2);
    const moved = entry.getBoundingClientRect().top - before;
    if (Math.abs(moved - 300) > 1) jumps.push([step, moved]);
  }
  watch.disconnect();
  times.sort((one, other) => one - other);
  const [median, worst] = [times[times.length >> 1], times.at(-1)].map((time) => time.toFixed(0));
  return { jumps, frames: [`a frame in ${median} ms, the slowest in ${worst} ms`, `${long.length} tasks over 50 ms`] };
}

/** Runs in the page: to the first entry of all, counting how many were ever drawn at once. */
async function skipToStart(pane) {
  let most = 0;
  const isStart = () => pane.querySelector("segue-item").item.kind === "prompt";
  for (let frame = 0; frame < 2_000 && !isStart(); frame += 1) {
    pane.scrollTop = 0;
    await new Promise(requestAnimationFrame);
    most = Math.max(most, pane.querySelectorAll("segue-item").length);
  }
  return { most };
}

/** A recorded turn of many entries: messages with Markdown and code, and tool calls with output. */
function entries() {
  return Array.from({ length: ENTRIES }, (_, number) => (number % 2 ? message(number) : tool(number)));
}

function message(number) {
  return says(
    `## Entry ${number}\n\nWords about **it**, with \`code\`:\n\n- one\n\n\`\`\`python\ndef f():\n    return ${number}\n\`\`\``,
  );
}

function tool(number) {
  const content = [{ type: "content", content: words("a line\n".repeat(40)) }];
  const call = { toolCallId: `t${number}`, title: `Step ${number}`, kind: "execute", status: "completed" };
  return update("tool_call", { ...call, rawInput: { command: `echo ${number}` }, content });
}
