/** Everything by keyboard: no pointer is moved or pressed from the first delegation to the merge (issue 3, accessible). */
import assert from "node:assert/strict";
import { journey, until } from "./harness.mjs";
import { Keyboard } from "./harness/keyboard.mjs";
import { find } from "./harness/panel.mjs";

journey("a task is delegated, answered, followed up, reviewed and merged without a mouse", async (stage) => {
  const { window, repository, segue } = stage;
  const keys = new Keyboard(window);
  await window.page.evaluate(() => {
    globalThis.pointed = 0;
    for (const kind of ["pointerdown", "mousedown", "wheel"])
      addEventListener(kind, () => (globalThis.pointed += 1), true);
  });
  await keys.run("View: Show Segue");
  await window.text("Delegate a task to an agent"); // a key of Segue's does nothing before that
  await keys.press("Control+Alt+D");
  await keys.pick("agent", "Command");
  await keys.pick("base branch", "main");
  await keys.type("prompt", 'segue-ask "Write keys.txt?" && echo one > keys.txt');
  await window.row("Needs you");

  await keys.press("Control+Alt+N");
  await window.asked("asks");
  await keys.press("Enter");
  const frame = await window.webview("segue-app section.card");
  await keys.arrives("Prompt");
  assert.equal((await find(segue, "segue-ask")).permissions.length, 1, "Enter alone decides nothing (D43)");
  await keys.reach("Allow", "Shift+Tab");
  await window.screenshot("keys-answer");
  await keys.press("Enter");
  assert.equal((await find(segue, "segue-ask")).permissions.length, 1, "nor does Enter on an answer");
  await keys.press("Space");
  await until("the answer", async () => (await find(segue, "segue-ask")).bucket === "ready");

  await keys.reach("Prompt");
  await window.page.keyboard.insertText("echo two >> keys.txt");
  await keys.press("Control+Enter");
  await until("both lines", async () => (await find(segue, "segue-ask")).stat.added === 2);
  await keys.reach("Review", "Shift+Tab");
  await keys.press("Enter");
  await window.page.locator(".multiDiffEditor").waitFor();
  await window.lines("two");

  await keys.open({ command: "Segue: Focus on Sessions View", name: "segue-ask", target: "Prompt" });
  await window.screenshot("keys-row");
  await keys.reach("Merge", "Shift+Tab");
  await keys.press("Enter");
  await keys.pick("How?", "Merge commit");
  await window.asked("1 file");
  await keys.press("Enter");
  await until("the merge", () => repository.git("ls-tree", "--name-only", "main").includes("keys.txt"));
  assert.equal(repository.git("show", "main:keys.txt"), "one\ntwo");
  assert.equal(await frame.evaluate(() => globalThis.pointed ?? 0), 0);
  assert.equal(await window.page.evaluate(() => globalThis.pointed), 0, "no pointer was touched");
});
