/** The whole path: delegate, answer, review, merge, undo, merge again. */
import assert from "node:assert/strict";
import { journey, until } from "./harness.mjs";

const SCRIPT = `#!/bin/sh -e
# Make the goodbyes louder
segue-ask "Shout in every goodbye?"
sed -i 's/Goodbye, /GOODBYE, /' src/greet.py
echo "Loud goodbyes." > NOTES.md
`;

journey("a delegated change is asked about, answered, reviewed, merged and taken back", async (stage) => {
  const { window, repository } = stage;
  await window.show("Segue");
  await window.text("Delegate a task to an agent");
  await window.screenshot("welcome");

  await window.command("Segue: Delegate Task…");
  const agents = await window.choices("agent");
  assert.match(agents[0], /Command/);
  await window.screenshot("delegate-agent");
  await window.choose("agent", "Command");
  await window.choices("base branch");
  await window.screenshot("delegate-base");
  await window.choose("base branch", "main");
  await window.asked("prompt");
  await window.screenshot("delegate-prompt");
  await window.pressInQuickInput("Write the prompt in an editor");
  await window.tab("Untitled");
  await window.insert(SCRIPT);
  await window.screenshot("delegate-editor");
  await window.page.keyboard.press("Control+Enter");

  await window.row("Needs you");
  const asking = await window.row("louder");
  assert.match(await asking.innerText(), /Shout in every goodbye\?/);
  await until("the badge", async () => (await window.badge("Segue")) === "1");
  await (await window.webview("segue-app section.card")).getByText("Shout in every goodbye?").first().waitFor();
  assert.deepEqual(await window.notifications(), [], "what is in sight is not told besides");
  await window.statusItem("0 working · 1 waiting").waitFor();
  await window.screenshot("needs-you");
  await asksInASmallView(window);

  await window.rowAction("louder", "Answer");
  const answers = await window.choices("asks");
  assert.match(answers[0], /Decide later/, "Enter alone decides nothing (D43)");
  await window.screenshot("answer");
  await window.choose("asks", "Allow");

  await window.row("Ready");
  const ready = await window.row("louder");
  await until("the counted lines", async () => (await ready.innerText()).includes("+2 −1"));
  assert.equal(await window.badge("Segue"), "");
  assert.equal(repository.git("status", "--porcelain"), "", "the checkout is untouched");
  await window.screenshot("ready");

  await window.rowAction("louder", "Review Changes");
  await window.page.locator(".multiDiffEditor").waitFor();
  await window.lines("Loud goodbyes.");
  await window.lines('return "Goodbye, " + name');
  await window.lines('return "GOODBYE, " + name');
  await window.screenshot("review");

  await merge(window, "louder", "Merge commit");
  await window.notification("Merged “");
  assert.match(repository.git("show", "main:src/greet.py"), /GOODBYE/);
  assert.match(repository.read("src/greet.py"), /GOODBYE/, "the checkout of the base follows");
  assert.match(repository.git("log", "-1", "--format=%B", "main"), /Segue-Session: \w+\nSegue-Agent: command/);
  await window.row("Done");
  await window.screenshot("merged");

  await window.pressInNotification("Merged “", "Undo Merge");
  await window.notification("was undone");
  assert.match(repository.git("show", "main:src/greet.py"), /Goodbye/);
  await window.row("Ready");
  await window.screenshot("undone");

  await merge(window, "louder", "Squash");
  await until("the squashed commit", () => repository.git("rev-list", "--count", "main") === "2");
  assert.equal(repository.git("status", "--porcelain"), "");
  await window.rowGone("Ready");
});

/** The view is small at first: all of a question and each of its answers is in sight, and can be pressed. */
async function asksInASmallView(window) {
  const card = await window.webview("segue-app section.card");
  const [width, height] = await card.evaluate(() => [innerWidth, innerHeight]);
  assert.ok(width <= 320 && height <= 400, `the view has ${width} × ${height} pixels`);
  const question = card.locator("section.card").getByText("Shout in every goodbye?").first();
  const choices = card.locator("section.card").getByRole("button", { name: /^(Allow|Reject)/ });
  assert.ok((await choices.count()) >= 2);
  for (const part of [question, ...(await choices.all())]) {
    assert.ok((await part.evaluate(shownPart)) > 0.99, `${await part.innerText()} is in sight`);
  }
  for (const choice of await choices.all()) await choice.click({ trial: true });
}

/** Runs in the page: how much of an element is in sight, from 0 to 1. */
function shownPart(element) {
  return new Promise((resolve) => {
    new IntersectionObserver(([seen], observer) => {
      observer.disconnect();
      resolve(seen.intersectionRatio);
    }).observe(element);
  });
}

async function merge(window, row, strategy) {
  await window.rowAction(row, "Merge");
  await window.choices("How?");
  await window.screenshot("merge-strategy");
  await window.choose("How?", strategy);
  await window.asked("files");
  await window.screenshot("merge-plan");
  await window.page.keyboard.press("Enter");
}
