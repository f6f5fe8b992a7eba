/** Agents from the palette: which there are, and a real hello. */
import assert from "node:assert/strict";
import { journey } from "./harness.mjs";

journey("agents are listed with what can be done, and one is checked", async ({ window }) => {
  await window.command("Segue: Agents…");
  const rows = await window.choices("Segue — Agents");
  assert.ok(rows.some((row) => /Gemini.*Segue can install @google\/gemini-cli/.test(row)));
  await window.screenshot("agents");
  await window.choose("Segue — Agents", "Command");
  await window.choose("Command — part of Segue", "Check that it works here");
  await window.text("Command works here.");
  await window.screenshot("agent-checked");
});
