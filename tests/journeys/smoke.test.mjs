import assert from "node:assert/strict";
import { journey } from "./harness.mjs";

journey("the editor opens the repository and its palette finds commands", async ({ window }) => {
  await window.openFile("src/languages.py"); // no journey changes this one
  await window.lines('"fr": "Bonjour"');
  const titles = await window.commands("View: Toggle Terminal");
  assert.ok(titles.includes("View: Toggle Terminal"), titles.join("\n"));
  await window.screenshot("workbench");
});
