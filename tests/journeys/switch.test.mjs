/** The switch: from pairing to the background and back in mid-turn, with an unsaved file, and what moves is said first. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { journey, openEditor, until } from "./harness.mjs";
import { Editing, converse } from "./harness/editing.mjs";

journey("a paired session goes to the background in mid-turn and comes back, and nobody's text is lost", async () => {
  const { window, repository, home, segue, end } = await openEditor();
  const editing = new Editing(window.page);
  const session = async () => JSON.parse(await segue("list", "--json")).sessions[0];
  await window.openFile("src/greet.py");
  await editing.go("Control+Home");
  await editing.type("# not saved\n");
  await window.command("Segue: Pair Here");
  await window.choose("Which agent?", "Scripted");
  const [one, two] = [join(home.path, "one"), join(home.path, "two")];
  await converse(
    window,
    `Shorter greetings\n[[run sed -i 's/Hello, /Hi, /' src/greet.py]][[wait-file ${one}]]` +
      `[[run sed -i 's/Goodbye/Farewell/' src/greet.py]]Said in between.[[wait-file ${two}]]Said at the end.`,
  );
  await editing.lenses("Accept", 1);
  await window.page.locator(".review-widget [aria-label^='Close Conversation']").first().click();
  await window.statusItem("in editor").waitFor();
  await window.statusItem("1 working").waitFor();

  await window.statusItem("in editor").click();
  const away = await window.dialog("Send “Shorter greetings");
  await away.getByText("1 unreviewed change in 1 file leaves your files; the session keeps it.").waitFor();
  await away.getByText("Your own work stays: 1 unsaved.").waitFor();
  await away.getByText("The agent's turn continues in the background.").waitFor();
  await window.screenshot("switch-to-background");
  await window.pressInDialog("Send “Shorter greetings", "Send to Background");
  await editing.lenses("Accept", 0);
  await window.lines('return "Hello, " + name');
  await until("no pairing", async () => (await window.statusItem("in editor").count()) === 0);
  const { id, worktree } = await session();

  await editing.go("Control+Home");
  await editing.type("# typed meanwhile\n");
  writeFileSync(one, "");
  const theirs = () => readFileSync(join(worktree, "src/greet.py"), "utf8");
  await until("the agent's next change", () => theirs().includes("Farewell"));
  assert.equal((await session()).state, "running");
  await window.lines('return "Goodbye, " + name');
  await window.screenshot("switch-in-background");

  await window.page.keyboard.press("Control+Alt+s");
  await window.choose("Pick a session", /Shorter greetings/);
  const back = await window.dialog("Bring “Shorter greetings");
  await back.getByText("2 changes in 1 file come into your files, for you to accept or reject.").waitFor();
  await window.screenshot("switch-into-editor");
  await window.pressInDialog("Bring “Shorter greetings", "Bring into Editor");
  await window.lines('return "Farewell, " + name');
  await editing.lenses("Accept", 2);
  await window.lines(/# typed meanwhile\n[\s\S]*# not saved/);
  assert.equal((await session()).state, "running", "one and the same turn");
  await window.screenshot("switch-back");

  writeFileSync(two, "");
  await until("the turn's end", async () => (await session()).state === "idle");
  assert.equal((await session()).turns, 1);
  assert.match(await segue("show", id), /^Said in between\.Said at the end\.$/m, "no word is lost or doubled");
  await window.command("Segue: Accept All Changes");
  await editing.lenses("Accept", 0);
  await until("what was typed meanwhile", () => theirs().includes("# typed meanwhile"));
  assert.match(repository.read("src/greet.py"), /^def greet[\s\S]*Goodbye/, "nothing was saved unasked");

  await window.command("View: Show Segue");
  await (await window.row("Shorter greetings")).click();
  const view = await window.webview("segue-app .actions");
  await view.getByRole("button", { name: "Send to Background" }).waitFor();
  await window.screenshot("switch-session-view");
  await view.getByRole("button", { name: "Send to Background" }).click();
  await window.pressInDialog("Send “Shorter greetings", "Send to Background");
  await view.getByRole("button", { name: "Bring into Editor" }).waitFor();
  repository.git("switch", "--quiet", "-c", "elsewhere");
  await window.rowMenu("Shorter greetings", "Bring into Editor…");
  const other = await window.dialog("Bring “Shorter greetings");
  await other.getByText("The session is based on main; elsewhere is checked out.").waitFor();
  await other.getByRole("button", { name: "Bring onto elsewhere" }).waitFor();
  await other.getByRole("button", { name: "Open Its Worktree in a New Window" }).waitFor();
  await window.screenshot("switch-other-branch");
  await window.pressInDialog("Bring “Shorter greetings", "Cancel");
  assert.equal((await session()).linkedTo, undefined, "a cancelled switch changes nothing");
  repository.git("switch", "--quiet", "main");

  await window.rowMenu("Shorter greetings", "Bring into Editor…");
  await window.pressInDialog("Bring “Shorter greetings", "Bring into Editor");
  await segue("prompt", id, "[[may-run make all]] [[write later.txt later]]");
  await view.getByRole("button", { name: "Allow and Run the Rest in the Background…" }).click();
  await (await window.dialog("run the rest of “Shorter greetings")).getByText("make all").waitFor();
  await window.screenshot("switch-rest");
  await window.pressInDialog("run the rest of “Shorter greetings", "Allow and Send to Background");
  await until("the rest, elsewhere", async () => {
    const { linkedTo, state, turns } = await session();
    return linkedTo === undefined && state === "idle" && turns === 2;
  });
  assert.equal(readFileSync(join(worktree, "later.txt"), "utf8"), "later");
  assert.throws(() => repository.read("later.txt"), "nothing of it is in the checkout");

  await window.show("Explorer"); // a session in sight has no notification
  await segue("prompt", id, "[[may-run make more]]");
  await window.pressInNotification("make more", "Bring into Editor");
  await window.pressInDialog("Bring “Shorter greetings", "Bring into Editor");
  await until("it to be here", async () => (await session()).linkedTo !== undefined);
  await window.show("Segue");
  await segue("stop", id);

  await segue("prompt", id, "--wait", "[[run sed -i 's/def part/def leave/' src/greet.py]]");
  await window.openFile("src/greet.py");
  await window.lines("def leave(name)");
  await editing.go("Control+s");
  await until("both texts in the file", () => repository.read("src/greet.py").includes("def leave"));
  await segue("switch", id, "--yes");
  await until("his own text in the file", () => repository.read("src/greet.py").includes("def part"));
  assert.match(repository.read("src/greet.py"), /# typed meanwhile\n[\s\S]*# not saved/);
  await undoesEverythingTyped(window, editing);
  await mergesBesideUnfinishedLines({ window, editing, repository, segue, id });
  await end();
});

/** Behind two switches, undo still reaches the first line that was typed, and redo brings all of it back. */
async function undoesEverythingTyped(window, editing) {
  await editing.go();
  const text = async () =>
    (await window.page.locator(".part.editor .view-lines").first().innerText()).replaceAll("\u00a0", " ");
  const after = async (key, isReached) => {
    for (let presses = 0; presses < 80 && !isReached(await text()); presses++) await editing.press(key);
    assert.ok(isReached(await text()), `${key} reaches it`);
  };
  await after("Control+z", (shown) => !shown.includes("# typed meanwhile") && !shown.includes("# not saved"));
  await after("Control+y", (shown) => shown.includes("# typed meanwhile") && shown.includes("Farewell"));
}

/** The agent changes a line that is not committed: it is named, and committed first in the person's name. */
async function mergesBesideUnfinishedLines({ window, editing, repository, segue, id }) {
  await editing.press("Control+s");
  await until("the file", () => repository.read("src/greet.py").includes("# not saved"));
  await segue("prompt", id, "--wait", "[[run sed -i 's/^# not saved/# by the agent/' src/greet.py]]");
  await window.rowMenu("Shorter greetings", "Merge…");
  await window.choose("How?", "Squash");
  await window.asked("greet.py, line");
  await window.screenshot("merge-needs-unfinished");
  await window.choose("greet.py, line", "Commit those lines first");
  await window.answer("It has src/greet.py", "My own lines");
  await window.asked("One commit brings");
  await window.screenshot("merge-unfinished-plan");
  await window.answer("One commit brings", "Shorter greetings");
  await window.notification("Merged “");
  assert.equal(repository.git("log", "-2", "--format=%s"), "Shorter greetings\nMy own lines");
  await window.lines("# by the agent");
}
