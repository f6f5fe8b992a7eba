/** Installing Segue: from a bare profile and an empty home, with nothing but Python and git (issue 3, package). */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { journey, openEditor, until } from "./harness.mjs";
import { delegate } from "./harness/panel.mjs";

journey("a VSIX that is all a person has sets its server up by itself, and a task can be delegated", async () => {
  const { window, home, repository, end } = await openEditor({ isBare: true, trust: "on" });
  await window.show("Segue");
  await window.text("Segue starts nothing in a workspace that you do not trust");
  assert.deepEqual(readdirSync(home.data), [], "and sets nothing up there (S1)");
  await window.command("Workspaces: Manage Workspace Trust");
  await window.page.locator(".workspace-trust-buttons .monaco-button").filter({ hasText: "Trust" }).first().click();
  await window.notification("Setting up Segue");
  await window.screenshot("setting-up");
  await window.text("Delegate a task to an agent");
  const [environment, ...others] = readdirSync(join(home.data, "server")).filter((name) => !name.startsWith("."));
  assert.match(environment, /^\d+\.\d+\.\d+-[0-9a-f]{12}$/);
  assert.deepEqual(others, []);
  assert.ok(existsSync(join(home.data, "server", environment, ".complete")));

  await delegate(window, "echo bare > bare.txt");
  await window.row("Ready");
  await until("its line", async () => (await (await window.row("echo bare")).innerText()).includes("+1"));
  assert.equal(repository.git("status", "--porcelain"), "");
  await window.screenshot("set-up-and-delegated");
  await end();
});
