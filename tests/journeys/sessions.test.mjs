/** Several sessions at once, and what can be done with one: stop, discard, restore, survive a reload. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { journey, until } from "./harness.mjs";
import { delegate, find } from "./harness/panel.mjs";

journey(
  "two sessions work side by side without touching the checkout, and each is stopped by itself",
  async (stage) => {
    const { window, repository, segue } = stage;
    await delegate(window, "echo alpha > alpha.txt; sleep 600");
    await segue("new", "--title", "beta $(bug) <img src=x>", "echo beta > beta.txt; sleep 600");
    await window.row("echo alpha");
    await window.row("beta $(bug) <img src=x>"); // as text: no icon, no element (D46)
    await window.statusItem("2 working").waitFor();
    assert.equal(repository.git("status", "--porcelain"), "");
    const [alpha, beta] = [await find(segue, "echo alpha"), await find(segue, "beta")];
    assert.notEqual(alpha.worktree, beta.worktree);
    await until(
      "both files",
      () => existsSync(join(alpha.worktree, "alpha.txt")) && existsSync(join(beta.worktree, "beta.txt")),
    );
    assert.ok(!existsSync(join(alpha.worktree, "beta.txt")));
    await window.screenshot("side-by-side");

    await window.rowAction("echo alpha", "Stop");
    await window.statusItem("1 working").waitFor();
    assert.equal((await find(segue, "beta")).state, "running");
    await window.command("Segue: Stop");
    const offered = (await window.choices("Pick a session")).filter((choice) => /^(echo|beta)/.test(choice));
    assert.equal(offered.length, 1, "only what can be stopped is offered");
    await window.choose("Pick a session", /^beta \$\(bug\) <img src=x>$/);
    await window.statusItem("0 working").waitFor();
    await window.rowGone("Working");
    await window.screenshot("stopped");
  },
);

journey("a discarded session comes back whole, and a deleted one", async (stage) => {
  const { window, segue } = stage;
  await delegate(window, "echo kept > precious.txt");
  await window.row("echo kept");
  const before = await until("the end of the turn", async () => {
    const session = await find(segue, "echo kept");
    return session?.bucket === "ready" && session;
  });
  await window.rowGone("Working");
  await window.rowMenu("echo kept", "Discard…");
  await window.dialog("Discard “echo kept");
  await window.screenshot("discard-question");
  await window.pressInDialog("Discard “echo kept", "Discard");
  await window.notification("was discarded");
  assert.ok(!existsSync(before.worktree), "the worktree is gone");
  await window.screenshot("discarded");

  await window.pressInNotification("was discarded", "Restore");
  await until("its file", () => readFileSync(join(before.worktree, "precious.txt"), "utf8") === "kept\n");
  await until("its row", async () => (await (await window.row("echo kept")).innerText()).includes("+1"));
  await window.screenshot("restored");

  await segue("archive", "--yes", before.id);
  await window.command("Segue: Delete…");
  await window.choose("Pick a session", "echo kept > precious.txt");
  await window.dialog("Delete “echo kept");
  await window.screenshot("delete-question");
  await window.pressInDialog("Delete “echo kept", "Delete");
  await window.notification("was deleted");
  assert.ok(!(await sessions(segue)).some(({ id }) => id === before.id), "it is in no list");
  await window.screenshot("deleted");

  await window.command("Segue: Disk Usage…");
  const shown = await window.choices("Segue — ");
  assert.match(shown.join("\n"), /Snapshots in .* actions have their way back\. Kept for 30 days\. The next may go in/);
  await window.screenshot("disk-usage");
  await window.choose("Segue — ", "Set How Long Snapshots Are Kept…");
  await window.lines("keep_days = 30");
  await window.screenshot("disk-settings");

  await window.command("Segue: Undo Last Action…");
  await window.asked("Undo what?");
  await window.screenshot("undo-what");
  await window.choose("Undo what?", "Deleted");
  await window.notification("was undone for “echo kept");
  const undone = (await sessions(segue)).find(({ id }) => id === before.id);
  assert.equal(undone?.isArchived, true);
  await window.command("Segue: Undo Last Action…");
  await window.choose("Undo what?", "Discarded");
  await until("its file once more", () => readFileSync(join(before.worktree, "precious.txt"), "utf8") === "kept\n");
  await until("its row once more", async () => (await (await window.row("echo kept")).innerText()).includes("+1"));
  await window.screenshot("delete-undone");
});

journey("a window reloaded, a daemon killed and a tab closed in mid-turn cost nothing", async (stage) => {
  const { window, home, segue } = stage;
  const go = join(home.path, "go-on");
  await delegate(window, `echo kept > after.txt; until [ -e ${go} ]; do sleep 0.1; done; echo too >> after.txt`);
  await window.row("echo kept > after");
  const begun = await until("the first half", async () => {
    const session = await find(segue, "echo kept > after");
    return session && existsSync(join(session.worktree, "after.txt")) && session;
  });
  await window.reload();
  await window.show("Segue");
  await window.statusItem("1 working").waitFor();
  await window.screenshot("reloaded");
  const { pid } = JSON.parse(await segue("status", "--json"));
  process.kill(pid, "SIGKILL");
  await until("another daemon", async () => JSON.parse(await segue("status", "--json")).pid !== pid);
  await window.statusItem("1 working").waitFor();
  await window.reopen();
  await window.statusItem("1 working").waitFor();
  await window.show("Explorer"); // a session in sight has no notification
  const told = async () => (await window.notifications()).filter((text) => text.includes("after.txt")).length;
  writeFileSync(go, "");
  await window.notification("is ready");
  assert.equal(await told(), 1, "told once, though two windows and two daemons saw it");
  await window.show("Segue");
  await until("the second half", async () =>
    (await (await window.row("echo kept > after")).innerText()).includes("+2"),
  );
  assert.equal(readFileSync(join(begun.worktree, "after.txt"), "utf8"), "kept\ntoo\n");
  const after = await find(segue, "echo kept > after");
  assert.deepEqual([after.bucket, after.turns, after.stopReason], ["ready", 1, "end_turn"]);
  assert.ok((await told()) <= 1, "nor told again");
  await window.screenshot("after-the-kill");
});

/** Archived ones too; deleted ones are in no list. */
async function sessions(segue) {
  return JSON.parse(await segue("list", "--archived", "--json")).sessions;
}
