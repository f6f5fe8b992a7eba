/** Agents from the palette and in their view: which there are, a real hello, and what helps one that does not work. */
import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { journey, until } from "./harness.mjs";
import { find } from "./harness/panel.mjs";

journey("agents are listed with what can be done, and one is checked", async (stage) => {
  const { window } = stage;
  await window.command("Segue: Agents…");
  const rows = await window.choices("Segue — Agents");
  assert.ok(rows.some((row) => /Gemini.*Segue can install @google\/gemini-cli/.test(row)));
  await window.screenshot("agents");
  await window.choose("Segue — Agents", "Command");
  await window.choose("Command — part of Segue", "Check that it works here");
  await window.text("Command works here.");
  await window.screenshot("agent-checked");
  await lookAtTheView(stage);
});

/** The tree: states with what helps, by buttons, menu and keys. */
async function lookAtTheView({ window, home, segue }) {
  const mute = join(home.data, "mute.sh");
  writeFileSync(mute, "#!/bin/sh\nexit 3\n");
  chmodSync(mute, 0o700);
  writeFileSync(join(home.data, "agents", "mute.toml"), `name = "mute"\ntitle = "Mute"\ncommand = ["${mute}"]\n`);
  await window.show("Segue");
  await window.command("Segue: Focus on Agents View");
  await window.row("Mute");
  await window.row("part of Segue · works");
  await window.screenshot("agents-view");
  await window.rowAction("Mute", "Check Agent");
  await window.row("exit 3");
  await window.tidy();
  await window.screenshot("agents-view-trouble");

  await window.rowMenu("Mute", "Open Agent Definition");
  await window.text('name = "mute"');
  await window.command("Segue: Focus on Agents View");
  await (await window.row("part of Segue · works")).click();
  await window.page.keyboard.press("Enter");
  await window.choose("Command — part of Segue", "Check that it works here");
  await window.text("Command works here.");

  await window.rowMenu("part of Segue · works", "New Session with This Agent");
  await window.choose("base branch", "main");
  await window.answer("prompt", "echo from the agents view");
  await until("its session", async () => (await find(segue, "echo from the agents view"))?.agent === "command");
  const header = window.page.locator('.part.sidebar .pane-header[aria-label^="Agents"]');
  await header.click(); // the sessions of the next journeys have their room again
  await until("it folded", async () => (await header.getAttribute("aria-expanded")) === "false");
  const { id } = await find(segue, "echo from the agents view");
  await segue("archive", "--yes", id);
  await segue("delete", "--yes", id);
}
