/** What a session leads to: files, diffs and links of the agent's, the changes of a turn, and what a prompt names with `@`. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { journey, until } from "./harness.mjs";
import { recording, says, update } from "./harness/recording.mjs";

journey(
  "files and diffs of a tool call open, nothing outside of the worktree does, and a link asks first",
  async (stage) => {
    const { window, home, segue } = stage;
    const calls = [];
    const listener = createServer((request, response) => {
      calls.push(request.url);
      response.end("the docs");
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => listener.once("listening", resolve));
    try {
      const path = join(home.path, "places.jsonl");
      writeFileSync(path, places(`http://127.0.0.1:${listener.address().port}/docs`));
      await segue("new", "--wait", "--agent", "replay", "--title", "many places", `[[replay=${path}]]`);
      await window.show("Segue");
      await (await window.row("many places")).click();
      const frame = await window.webview('h1:has-text("many places")');
      await frame.locator("details.tool summary").click();

      await frame.getByRole("button", { name: "src/languages.py:3" }).click();
      await window.tab("languages.py");
      await window.lines('"fr": "Bonjour"');
      await window.statusItem("Ln 3, Col 1").waitFor();
      await frame.getByRole("button", { name: "/etc/hostname" }).click();
      await window.notification("leads out of the session's worktree");
      await frame.getByRole("button", { name: "gone.py" }).click();
      await window.notification("That file does not exist any more.");
      await frame.getByRole("button", { name: "Open the diff of src/greet.py" }).click();
      await window.tab("greet.py (tool call)");
      await window.lines('return "Howdy, " + name');
      await window.screenshot("tool-call-diff");

      await frame.getByRole("link", { name: "the docs" }).click();
      await window.pressInDialog("Open a link that the agent wrote?", "Cancel");
      assert.deepEqual(calls, [], "nothing was fetched");
      await frame.getByRole("link", { name: "the docs" }).focus();
      await window.page.keyboard.press("Enter");
      await (await window.dialog("Open a link that the agent wrote?")).getByText("/docs").waitFor();
      await window.screenshot("link-question");
      const opened = window.page.context().waitForEvent("page");
      await window.pressInDialog("Open a link that the agent wrote?", "Open");
      const page = await opened;
      await until("the link's page", () => page.url().endsWith("/docs"));
      await page.close();
      await window.page.bringToFront();
    } finally {
      listener.close();
    }
  },
);

journey("a prompt names a file, a symbol, a problem and a selection of the window", async (stage) => {
  const { window, repository, segue } = stage;
  repository.write("settings.json", '{\n  "greeting": Hello\n}\n');
  await segue("new", "--wait", "--title", "naming", "true");
  await window.openFile("README.md"); // the editor's own Markdown support names its headings as symbols
  await window.openFile("settings.json");
  await window.openFile("src/languages.py");
  await window.lines('"fr": "Bonjour"');
  await window.page.keyboard.press("Control+Home");
  await window.page.keyboard.press("ArrowDown");
  await window.page.keyboard.press("Shift+End");
  await window.show("Segue");
  await (await window.row("naming")).click();
  const frame = await window.webview('h1:has-text("naming")');
  const prompt = frame.getByRole("textbox", { name: "Prompt" });
  const holds = (text) => until(text, async () => (await prompt.inputValue()).includes(text));
  await prompt.pressSequentially("Look at @");
  await window.choose("Pick a file", "src/greet.py");
  await holds("Look at @src/greet.py ");
  await frame.getByRole("button", { name: "@ Selection" }).click();
  await holds('@src/languages.py:2-2\n```python\n    "en": "Hello",\n```\n');
  await frame.getByRole("button", { name: "@ Problem" }).click();
  await window.choose("Pick a problem", /.+/);
  await holds("@settings.json:2: ");
  await frame.getByRole("button", { name: "@ Symbol" }).click();
  await window.answer("Part of the symbol's name", "Greetings");
  await window.choose("Pick a symbol", /Greetings/);
  await holds("(@README.md:1) ");
  await window.screenshot("mentions");
  await prompt.fill("");
  repository.git("clean", "--quiet", "--force", "settings.json");
});

journey(
  "the changes of one turn are shown from the timeline, and a turn is rolled back and that is undone",
  async (stage) => {
    const { window, segue } = stage;
    const made = JSON.parse(await segue("new", "--json", "--wait", "--title", "to roll back", "echo one > rolled.txt"));
    await segue("prompt", "--wait", made.session.id, "echo two > second.txt");
    const file = join(made.session.worktree, "rolled.txt");
    await window.show("Segue");
    await (await window.row("to roll back")).click();
    const frame = await window.webview('h1:has-text("to roll back")');
    await frame.getByRole("button", { name: "Timeline" }).click();
    const turns = frame.getByRole("list", { name: "Timeline" }).getByRole("listitem");
    await turns.filter({ hasText: "Turn 2" }).getByRole("button", { name: "Show Changes of This Turn" }).click();
    await window.tab("turn 2");
    const shown = await window.lines("two");
    assert.ok(!shown.includes("one"), "the changes of that turn alone");
    await window.screenshot("turn-changes");

    await turns.filter({ hasText: "Turn 1" }).getByRole("button", { name: "Roll Back to Before This Turn" }).click();
    await window.notification("was rolled back");
    assert.ok(!existsSync(file));
    await window.screenshot("rolled-back");
    await window.pressInNotification("was rolled back", "Undo");
    await until("the file again", () => existsSync(file));
  },
);

/** A recorded turn with one tool call that names places, and a link. */
function places(link) {
  const call = {
    toolCallId: "t1",
    title: "Look around",
    kind: "read",
    status: "completed",
    locations: [{ path: "src/languages.py", line: 3 }, { path: "/etc/hostname" }, { path: "gone.py" }],
    content: [
      {
        type: "diff",
        path: "src/greet.py",
        oldText: 'return "Hello, " + name\n',
        newText: 'return "Howdy, " + name\n',
      },
    ],
  };
  return recording(update("tool_call", call), says(`See [the docs](${link}).`));
}
