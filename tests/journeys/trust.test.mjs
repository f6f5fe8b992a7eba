/** Workspace trust (D45, S1). */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { journey, openEditor } from "./harness.mjs";

journey("in a workspace that is not trusted nothing starts, and the panel says why", async () => {
  const { window, home, end } = await openEditor({ trust: "on" });
  await window.text("Restricted Mode");
  await window.show("Segue");
  await window.text("Segue starts nothing in a workspace that you do not trust");
  await window.command("Segue: Delegate Task…");
  await window.notification("Segue starts nothing");
  assert.deepEqual([readdirSync(home.data), readdirSync(home.runtime)], [[], []], "no server was ever there");
  await window.screenshot("untrusted");

  await window.pressInNotification("Segue starts nothing", "Manage Workspace Trust");
  await window.page.locator(".workspace-trust-buttons .monaco-button").filter({ hasText: "Trust" }).first().click();
  await window.text("Delegate a task to an agent");
  await window.screenshot("trusted");
  await end();
});
