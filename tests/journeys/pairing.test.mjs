/** Pairing: an agent's changes in the editor's own buffers, decided one by one, while a person types on. */
import assert from "node:assert/strict";
import { journey, openEditor, until } from "./harness.mjs";
import { Editing, converse } from "./harness/editing.mjs";

journey("pair on a selection with an unsaved file, accept one change, reject one with a reason", async () => {
  const { window, repository, segue, end } = await openEditor();
  const editing = new Editing(window.page);
  await window.openFile("src/greet.py");
  await editing.go("Control+Home");
  await editing.type("# not saved\n");
  await editing.press("ArrowDown", "Shift+End");
  await window.command("Segue: Pair Here");
  await window.choose("Which agent?", "Scripted");
  await converse(
    window,
    "[[run grep -c 'not saved' src/greet.py]]" +
      "[[run sed -i -e 's/Hello, /Hi, /' -e 's/Goodbye/Farewell/' src/greet.py]]Both are shorter now.",
  );

  await window.lines('return "Farewell, " + name');
  await editing.lenses("Accept", 2);
  await window.page.locator(".review-widget").getByText("Both are shorter now.", { exact: true }).waitFor();
  await window.statusItem("2 changes").waitFor();
  await window.screenshot("pairing-hunks");
  assert.match(repository.read("src/greet.py"), /^def greet[\s\S]*Goodbye/, "nothing is saved unasked");
  const [session] = JSON.parse(await segue("list", "--json")).sessions;
  const shown = await segue("show", session.id);
  assert.match(shown, /output of grep|1\n/, "what the agent ran saw the unsaved line");

  await editing.chord("n");
  await editing.chord("a");
  await editing.lenses("Accept", 1);
  await window.lines('return "Hi, " + name');
  await window.command("Segue: Reject Change with a Reason");
  await window.answer("Reject with a reason", "Farewell is too formal");
  await window.lines('return "Goodbye, " + name');
  await editing.lenses("Accept", 0);
  await window.screenshot("pairing-decided");

  await window.command("Segue: Send Comments to the Agent");
  await until("the agent's answer", async () => (await segue("show", session.id)).includes("Farewell is too formal"));
  await window.command("Segue: Finish Pairing");
  await until("the end of pairing", async () => (await window.statusItem("Pairing").count()) === 0);
  assert.doesNotMatch(repository.read("src/greet.py"), /Hi, /, "and nothing was saved by finishing");
  await window.lines('return "Hi, " + name');
  await end();
});
