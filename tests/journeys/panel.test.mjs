/** The panel as a tool: a first delegation in a minute, peeking, pins, a filter, several rows at once. */
import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { journey, until } from "./harness.mjs";
import { Keyboard } from "./harness/keyboard.mjs";
import { find } from "./harness/panel.mjs";

journey(
  "the walkthrough's example is delegated with one click, peeked at and answered by its number",
  async (stage) => {
    const { window, segue } = stage;
    await window.command("Welcome: Open Walkthrough...");
    await window.choose("walkthrough", "Get Started with Segue");
    await window.text("small script work in a worktree");
    await window.webview("text=A minute, no key");
    await window.screenshot("walkthrough");
    await window.page.getByRole("button", { name: "Delegate an Example" }).first().click();
    await window.show("Segue");
    await window.row("Needs you");

    await window.page.keyboard.press("Control+Alt+P");
    const [first, ...answers] = await window.choices("Peek");
    assert.ok(
      answers.some((row) => row.includes("worktrees")),
      "the directory stands there in full",
    );
    assert.match(first, /Open the session.*Add a line to the README\?/, "Enter alone decides nothing (D43)");
    assert.match(answers[0], /^1 .*Allow once/);
    await window.screenshot("peek");
    const number = answers.findIndex((answer) => answer.includes("Allow once")) + 1;
    await window.page.keyboard.type(String(number));
    await until("that answer alone", async () => (await window.choices("Peek"))[0].startsWith(`${number} `));
    await window.screenshot("peek-number");
    await window.page.keyboard.press("Enter");
    await window.row("Ready");

    const example = await find(segue, "Add a line to the README");
    await window.rowMenu("Add a line", "Peek");
    await window.answer("Peek — Add a line", "echo more > more.txt");
    await until("the follow-up", () => existsSync(join(example.worktree, "more.txt")));
    await until("its end", async () => (await find(segue, "Add a line")).bucket === "ready");
  },
);

journey("a pinned row comes first, a filter hides the others, and several rows are stopped at once", async (stage) => {
  const { window, segue } = stage;
  for (const name of ["fruit pear", "fruit plum", "quince"]) await segue("new", "--title", name, "sleep 600");
  await window.show("Segue");
  for (const name of ["fruit pear", "fruit plum", "quince"]) await window.row(name);
  await window.rowMenu("fruit pear", "Pin");
  await until("the pin", async () => (await find(segue, "fruit pear")).isPinned);
  await until("pear first", async () => {
    const rows = (await window.rows()).filter((row) => /^(fruit|quince)/.test(row));
    return rows.length === 3 && rows[0].startsWith("fruit pear");
  });
  await window.screenshot("pinned");

  await window.command("Segue: Filter Sessions…");
  await window.answer("Filter Sessions", "s:working a:command fruit");
  await window.rowGone("quince");
  await window.row("fruit plum");
  await window.screenshot("filtered");

  await (await window.row("fruit pear")).click();
  await (await window.row("fruit plum")).click({ modifiers: ["Control"] });
  await window.rowMenu("fruit plum", "Stop");
  await until("both stopped", async () => {
    const sessions = await Promise.all(["fruit pear", "fruit plum"].map((name) => find(segue, name)));
    return sessions.every(({ state }) => state === "idle");
  });
  assert.equal((await find(segue, "quince")).state, "running");
  await window.command("Segue: Filter Sessions…");
  await window.answer("Filter Sessions", "nothing is called so");
  await window.text("No session fits the filter");
  await window.screenshot("filtered-all");
  await window.command("Segue: Clear Filter");
  await window.row("quince");
  await waitInLine(stage);
  await segue("stop", (await find(segue, "quince")).id);
});

/** While “quince” works and only one may: two more stand in line, change places by key, and one is started by hand. */
async function waitInLine({ window, segue, home }) {
  const settings = join(home.data, "settings.toml");
  writeFileSync(settings, "[sessions]\nmax_running = 1\n");
  try {
    for (const name of ["fig first", "grape second"]) await segue("new", "--title", name, "sleep 600");
    await window.row("Queued");
    await window.row("grape second");
    const places = async () => {
      const rows = (await window.rows()).filter((row) => /^(fig|grape)/.test(row));
      return rows.map((row) => `${row.slice(0, 3)} ${/no\. (\d) in line/.exec(row)?.[1]}`).join();
    };
    await until("both in line", async () => (await places()) === "fig 1,gra 2");
    await window.screenshot("queued");
    await (await window.row("grape second")).click();
    await window.rowAction("grape second", "Move Up in Queue");
    await until("the new order", async () => (await places()) === "gra 1,fig 2");
    await window.screenshot("queued-moved");
    await window.command("Segue: Focus on Sessions View");
    await window.page.keyboard.press("Alt+ArrowDown");
    await until("the old order", async () => (await places()) === "fig 1,gra 2");
    await window.command("Segue: Focus on Sessions View");
    await new Keyboard(window).reach("fig first", "ArrowUp"); // the focus alone: “grape second” stays selected
    await window.page.keyboard.press("Space");
    await window.asked("Peek — fig first");
    await window.closeQuickInput();
    await window.rowAction("fig first", "Start Now");
    await until("its turn", async () => (await find(segue, "fig first")).state === "running");
    assert.equal((await find(segue, "grape second")).bucket, "queued");
    const frame = await window.webview("text=this one is no. 1 in line");
    await frame.getByRole("button", { name: "Queue" }).waitFor();
    await window.screenshot("queued-session");
    await frame.getByRole("button", { name: "Start Now" }).click();
    await until("its turn, too", async () => (await find(segue, "grape second")).state === "running");
  } finally {
    rmSync(settings);
  }
  for (const name of ["grape second", "fig first"]) await segue("stop", (await find(segue, name)).id);
}
