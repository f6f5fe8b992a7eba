/** The session view: what an agent says is shown and inert, a request is answered by keyboard, in every theme. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { journey, until } from "./harness.mjs";
import { find, narrow } from "./harness/panel.mjs";
import { theme } from "./harness/theme.mjs";
import { asks, recording, says, update, words } from "./harness/recording.mjs";

/** 120 × 60 points in one green. */
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAHgAAAA8CAIAAAAiz+n/AAAAhklEQVR4nO3QAQkAIADAMBMZyC52t4XCHTzA2Zh76ULj+cEngQbdCjToVqBBtwINuhVo0K1Ag24FGnQr0KBbgQbdCjToVqBBtwINuhVo0K1Ag24FGnQr0KBbgQbdCjToVqBBtwINuhVo0K1Ag24FGnQr0KBbgQbdCjToVqBBtwINuhVo0K0Ob5uuRfSB+0oAAAAASUVORK5CYII=";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

journey(
  "an agent's words are shown and do nothing, and its request is answered without a mouse (D46)",
  async (stage) => {
    const { window, home, segue } = stage;
    const calls = [];
    const listener = createServer((request, response) => {
      calls.push(request.url);
      response.end();
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => listener.once("listening", resolve));
    const path = join(home.path, "hostile.jsonl");
    writeFileSync(path, hostile(`http://127.0.0.1:${listener.address().port}`));
    try {
      await segue("new", "--agent", "replay", "--title", "hostile words", `[[replay=${path}]]`);
      await window.show("Segue");
      await window.row("hostile words");
      await window.command("Segue: Open");
      await window.choose("Pick a session", "hostile words");
      const frame = await window.webview("segue-app section.card");
      await window.page
        .locator(".part.sidebar .monaco-list-row.selected")
        .filter({ hasText: "hostile words" })
        .waitFor();
      await frame.getByText("Greetings, all of them").waitFor();
      const shown = frame.getByRole("img", { name: "Image from the agent, image/png, 1 kB" });
      await until("the image", () => shown.evaluate(({ naturalWidth }) => naturalWidth === 120));
      await frame.getByText("[image image/svg+xml, 1 KiB: not shown, only PNG").waitFor();
      const loads = ":is(img:not([src^='data:image/png;base64,']), iframe, a, script, object, form)";
      assert.equal(await frame.locator(`segue-item ${loads}`).count(), 0);
      assert.equal(await frame.evaluate(() => document.title), "Session");
      assert.equal(await frame.evaluate(() => globalThis.pwned), undefined);

      await frame.locator("details.tool summary").first().focus();
      await window.page.keyboard.press("Enter");
      await frame.getByText("2 passed").waitFor();
      assert.deepEqual(await violations(frame), []);
      await window.screenshot("view-dark");

      const allow = frame.getByRole("button", { name: "Allow" });
      await allow.focus();
      await window.page.keyboard.press("Enter");
      const waiting = await find(segue, "hostile words");
      assert.equal(waiting.permissions.length, 1, "Enter allows nothing (D43)");
      await allow.focus();
      await window.page.keyboard.press("Space");
      await frame.locator("segue-item .prose").getByText("All done.").waitFor();
      await frame.getByText("Answered: Allow").waitFor();

      await frame.getByRole("button", { name: "Timeline" }).focus();
      await window.page.keyboard.press("Enter");
      await frame.getByText("Turn 1").waitFor();
      await theme(window, "Light Modern");
      assert.deepEqual(await violations(frame), []);
      await window.screenshot("view-light");
      await theme(window, "Dark High Contrast");
      assert.deepEqual(await violations(frame), []);
      await window.screenshot("view-high-contrast");
      await theme(window, "Dark Modern");
      await narrow(window, 250);
      await window.screenshot("view-narrow");
      assert.ok(await frame.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing sticks out");
      await narrow(window, 420);
      assert.deepEqual(calls, [], "nothing was fetched");
    } finally {
      listener.close();
    }
  },
);

journey(
  "a prompt is written, queued and taken back in the view, drafts outlive tabs and reloads, and a follow-up goes on",
  async (stage) => {
    const { window, home, segue } = stage;
    const go = join(home.path, "view-go");
    await segue("new", "--title", "queued words", `until [ -e ${go} ]; do sleep 0.1; done; echo one > one.txt`);
    await window.show("Segue");
    await (await window.row("queued words")).click();
    const frame = await window.webview("segue-app vscode-textarea");
    const prompt = () => frame.getByRole("textbox", { name: "Prompt" });
    await frame.getByRole("heading", { name: "queued words" }).waitFor();
    await prompt().fill("echo two > two.txt");
    await window.page.keyboard.press("Control+Enter");
    const queue = frame.getByRole("list", { name: "Queued prompts" });
    await queue.getByText("echo two > two.txt").waitFor();
    await queue.getByRole("button", { name: "Edit" }).click();
    await queue.waitFor({ state: "detached" });
    await until("the prompt to be back", async () => (await prompt().inputValue()) === "echo two > two.txt");
    await window.screenshot("view-queue");

    await window.command("Segue: Open Session in Editor");
    await window.choose("Pick a session", "queued words");
    await window.tab("queued words");
    const tab = await window.webview("segue-app[tab] vscode-textarea");
    assert.equal(await tab.getByRole("button", { name: "Open in a Tab" }).count(), 0, "it is there already");
    await tab.getByRole("textbox", { name: "Prompt" }).fill("echo draft > draft.txt");
    await until("the same draft in the view", async () => (await prompt().inputValue()).includes("draft.txt"));
    await window.screenshot("view-tab");
    await window.command("View: Close Editor");
    await window.command("Segue: Open Session in Editor");
    await window.choose("Pick a session", "queued words");
    await window.tab("queued words");
    await draftsIn(window, 2);
    await window.reloadWindow();
    await window.tab("queued words");
    await window.show("Segue");
    await draftsIn(window, 2);
    await window.screenshot("view-reloaded");
    writeFileSync(go, "");
    await until("the first turn's end", async () => (await find(segue, "queued words")).bucket === "ready");
    await window.rowMenu("queued words", "Send Follow-up Prompt");
    await window.answer("Follow-up", "cat one.txt && echo two >> one.txt");
    await until("both lines", async () => (await find(segue, "queued words")).stat.added === 2);
  },
);

journey("model, mode and commands are chosen in the composer, and a prompt interrupts what runs", async (stage) => {
  const { window, segue } = stage;
  await segue("new", "--agent", "scripted", "--title", "choosy words", "[[say working]] [[hang]]");
  await window.show("Segue");
  await (await window.row("choosy words")).click();
  const frame = await window.webview('h1:has-text("choosy words")');
  const { keyboard } = window.page;
  const prompt = frame.getByRole("textbox", { name: "Prompt" });
  const model = frame.getByRole("combobox", { name: "Model" });
  await frame.locator("segue-item .prose").getByText("working").waitFor();
  await model.selectOption({ label: "Large" });
  await frame.getByText("scripted · Large").waitFor();
  await model.selectOption({ label: "Not for you" });
  await window.notification("refused Not for you for Model");
  await until("what stands", async () => (await model.inputValue()) === "large");
  await frame.getByRole("button", { name: "More Options" }).click();
  await frame.getByRole("combobox", { name: "Dry run" }).waitFor();

  await prompt.fill("[[say queued]]");
  await keyboard.press("Control+Enter");
  await frame.getByRole("list", { name: "Queued prompts" }).waitFor();
  await prompt.focus();
  await keyboard.type("/r");
  await frame.getByRole("option", { name: "/review" }).waitFor();
  assert.deepEqual(await violations(frame), []);
  await window.screenshot("view-choosing");
  for (const [name, shot] of [
    ["Dark High Contrast", "view-choosing-high-contrast"],
    ["Light Modern", "view-choosing-light"],
    ["Dark Modern", undefined],
  ]) {
    await theme(window, name);
    assert.deepEqual(await violations(frame), []);
    if (shot) await window.screenshot(shot);
  }
  await narrow(window, 250);
  await window.screenshot("view-choosing-narrow");
  assert.ok(await frame.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing sticks out");
  await narrow(window, 420);
  await prompt.focus();
  await keyboard.press("Enter");
  await until("the command", async () => (await prompt.inputValue()) === "/review ");
  await frame.getByText("what to look at").waitFor();
  await keyboard.type("[[options]]");
  await keyboard.press("Control+Shift+Enter");
  await frame.locator("segue-item .prose").getByText("model=large").waitFor();
  await frame.locator("segue-item .prose").getByText("queued").waitFor();
  await window.screenshot("view-interrupted");

  await prompt.fill("[[blocks]]");
  await pasteImage(prompt);
  await frame.getByRole("img", { name: "Attached image, image/png, 1 kB" }).waitFor();
  assert.deepEqual(await violations(frame), []);
  await window.screenshot("view-attached");
  await prompt.focus();
  await keyboard.press("Control+Enter");
  await frame.locator("segue-item .prose").getByText("1 images: image/png 191").waitFor();
  await frame.getByRole("img", { name: "Image of the prompt, image/png, 1 kB" }).waitFor();
  await frame.getByRole("list", { name: "Attached images" }).waitFor({ state: "detached" });
  await window.screenshot("view-image-sent");

  await window.command("Segue: Agent Options…");
  await window.choose("Pick a session", "choosy words");
  await window.choose("What shall be different?", "Mode");
  await window.choose("Mode", "Plan only");
  await until(
    "the mode",
    async () => (await frame.getByRole("combobox", { name: "Mode", exact: true }).inputValue()) === "plan",
  );
  await window.command("Segue: Delegate Task…");
  await window.choose("agent", "Scripted with options…");
  await window.choices("What shall be different?");
  await window.screenshot("delegate-options");
  await window.choose("What shall be different?", "Model");
  await window.choose("Model", "Large");
  await window.choose("What shall be different?", "Go on");
  await window.choose("base branch", "main");
  await window.answer("prompt", "[[options]]");
  await window.row("model=large");

  await segue("new", "--agent", "scripted", "--title", "to interrupt", "[[hang]]");
  await window.rowMenu("to interrupt", "Interrupt and Say…");
  await window.answer("Interrupt", "[[say from the row]]");
  await window.row("from the row");

  await segue("new", "--agent", "scripted", "--title", "cut off", "[[say half done]] [[crash 137]]");
  await until("the end of its turn", async () => (await find(segue, "cut off")).canResume);
  await window.rowMenu("cut off", "Resume");
  await window.row("You said: Go on where you were interrupted.");

  await window.command("Segue: Delegate Task with a Plan First…");
  await window.choose("agent", /^Scripted$|Scripted/);
  await window.choose("base branch", "main");
  await window.asked("Plan first: nothing is done before you approve.");
  await window.screenshot("plan-delegate");
  const steps =
    "## Rename it\\n\\nIn two steps:\\n\\n1. Rename `greet.py`\\n   - keep the old name as an alias\\n2. Change its callers";
  await window.answer("prompt", `[[say ${steps}]]`);
  await (await window.row("Plan to approve")).click();
  const plan = await window.webview("segue-app .plan-card");
  await plan.getByRole("button", { name: "Comment on line 6" }).click();
  await plan.getByRole("textbox", { name: "Comment on line 6" }).fill("No alias.");
  await keyboard.press("Control+Enter");
  await plan.getByText("No alias.").waitFor();
  for (const [name, shot] of [
    ["Dark High Contrast", "plan-high-contrast"],
    ["Light Modern", "plan-light"],
    ["Dark Modern", "plan-card"],
  ]) {
    await theme(window, name);
    assert.deepEqual(await violations(plan), []);
    await window.screenshot(shot);
  }
  await window.command("Segue: Open Session in Editor");
  await window.choose("Pick a session", /Rename it/);
  await (await window.webview("segue-app[tab] .plan-card")).getByText("No alias.").waitFor();
  await window.screenshot("plan-tab");
  await window.command("View: Close Editor");
  await plan.getByRole("textbox", { name: "What else the agent is told of the plan" }).click();
  await keyboard.insertText("[[say # Better]]");
  await until("the button", () => plan.getByRole("button", { name: "Revise with 1 Comment" }).isEnabled());
  const revise = plan.getByRole("button", { name: "Revise with 1 Comment" });
  await revise.focus();
  await keyboard.press("Enter");
  assert.equal(await revise.count(), 1, "Enter decides nothing (D43)");
  await keyboard.press("Space");
  await plan.getByText("sent back with comments").waitFor();
  await plan.locator(".plan-card").getByText("Better").first().waitFor();
  await plan.getByText("> - keep the old name as an alias").first().waitFor();
  await window.rowAction("Plan to approve", "Answer");
  await window.choose("Nothing is decided by Enter alone", "Approve");
  await plan.locator("segue-item .prose").getByText("The plan is approved. Carry it out now.").waitFor();
  await window.screenshot("plan-approved");
  await window.screenshot("resumed");
});

journey("an agent's form is filled in by keyboard, and what was answered stays to be read", async (stage) => {
  const { window, segue } = stage;
  await segue("new", "--agent", "scripted", "--title", "a form", "[[ask Which stack shall the new service have?]]");
  await window.show("Segue");
  await (await window.row("a form")).click();
  const frame = await window.webview("segue-app section.form");
  const { keyboard } = window.page;
  await frame.getByRole("radio", { name: "Python" }).waitFor();
  assert.deepEqual(await violations(frame), []);
  await window.screenshot("view-form");

  const submit = frame.getByRole("button", { name: "Submit" });
  await submit.focus();
  await keyboard.press("Enter");
  assert.equal(await frame.locator(".problem:visible").count(), 0, "Enter sends nothing (D43)");
  await keyboard.press("Space");
  await frame.locator(".problem:visible").first().waitFor();
  assert.equal(await frame.locator(".problem:visible").count(), 2, "the choice and the name are missing");
  for (const [name, shot] of [
    ["Dark High Contrast", "view-form-high-contrast"],
    ["Light Modern", "view-form-light"],
    ["Dark Modern", undefined],
  ]) {
    await theme(window, name);
    assert.deepEqual(await violations(frame), []);
    if (shot) await window.screenshot(shot);
  }
  await narrow(window, 250);
  await window.screenshot("view-form-narrow");
  assert.ok(await frame.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing sticks out");
  await narrow(window, 420);

  await frame.getByRole("radio", { name: "TypeScript" }).focus();
  await keyboard.press("Space");
  await frame.getByRole("textbox", { name: "name" }).focus();
  await keyboard.type("shop");
  await submit.focus();
  await keyboard.press("Space");
  await frame.getByText("Answered by you").waitFor();
  await frame.locator("segue-item .prose").getByText('"language": "ts"').waitFor();
  assert.deepEqual(await violations(frame), []);
  await window.screenshot("view-form-answered");

  await segue("new", "--agent", "scripted", "--title", "one choice", "[[ask-one Which one?]]");
  await window.row("Which one?");
  await window.rowAction("one choice", "Answer");
  await window.choose("asks", "Python");
  await window.row('"question_0": "py"');
});

/** Wait until this many pages show the session with what was written and not sent. */
async function draftsIn(window, count) {
  await until(`the draft in ${count} pages`, async () => {
    const frames = window.page
      .frames()
      .map((frame) => frame.locator("segue-app:has(h1:text('queued words')) textarea"));
    const texts = await Promise.all(frames.map(async (area) => ((await area.count()) ? area.inputValue() : undefined)));
    return texts.filter((text) => text === "echo draft > draft.txt").length === count;
  });
}

async function violations(frame) {
  await frame.evaluate(AXE);
  const found = await frame.evaluate(async () => (await globalThis.axe.run()).violations);
  return found.map(({ id, nodes }) => [id, nodes.map(({ target, failureSummary }) => [target, failureSummary])]);
}

/** A recorded turn whose every field carries a payload that asks `address` for something. */
function pasteImage(prompt) {
  return prompt.evaluate((area, data) => {
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([bytes], "shot.png", { type: "image/png" }));
    area.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, composed: true, cancelable: true }));
  }, PNG);
}

function hostile(address) {
  const payload = `<img src=${address}/i onerror="globalThis.pwned=1"><script>globalThis.pwned=1</script><iframe src=${address}/f></iframe>`;
  const message = [
    "## Greetings, all of them",
    `${payload} ![image](${address}/image.png) [run](command:workbench.action.quit) [js](javascript:globalThis.pwned=1)`,
    `[the docs](${address}/docs) $(bug) \u202eturned\u202c <style>*{background:url(${address}/css)}</style>`,
    "| language | word |\n| --- | --- |\n| French | Bonjour |",
    '```python\ndef greet(name):\n    return "Hello, " + name\n```',
  ].join("\n\n");
  const tool = {
    toolCallId: "t1",
    title: `pytest ${payload}`,
    kind: "execute",
    status: "completed",
    rawInput: { command: `pytest ${payload}` },
    locations: [{ path: "src/greet.py", line: 2 }],
    content: [
      {
        type: "content",
        content: words(
          `\u001b[32m2 passed\u001b[0m\u001b]0;title\u0007\u001b]52;c;aGk=\u0007\u001b]8;;${address}/osc\u0007link\u001b]8;;\u0007`,
        ),
      },
      { type: "diff", path: "src/greet.py", oldText: "a\nb\n", newText: `a\n${payload}\n` },
    ],
  };
  const options = [
    { optionId: "allow", name: "Allow", kind: "allow_once" },
    { optionId: "reject", name: `Reject ${payload}`, kind: "reject_once" },
  ];
  const entries = [
    { content: `Look ${payload}`, status: "completed", priority: "high" },
    { content: "Change the greeting", status: "in_progress", priority: "high" },
  ];
  const toolCall = { toolCallId: "t2", title: `Delete ${payload}`, rawInput: { command: `rm -r build ${payload}` } };
  return recording(
    update("agent_thought_chunk", { content: words(payload) }),
    says(message),
    update("agent_message_chunk", { content: { type: "image", mimeType: "image/png", data: PNG } }),
    update("agent_message_chunk", { content: { type: "image", mimeType: "image/svg+xml", data: btoa(payload) } }),
    update("plan", { entries }),
    update("tool_call", tool),
    asks({ toolCall, options }),
    says("All done."),
  );
}
