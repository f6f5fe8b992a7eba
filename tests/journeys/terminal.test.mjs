/** An agent's command in the session view: its output as it comes, coloured and inert, also after its end (D47). */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { journey, openEditor, until } from "./harness.mjs";
import { ROOT } from "./harness/processes.mjs";

journey("a command's output is shown while it runs, in colours, and stays", async () => {
  const stage = await openEditor();
  const { window, home, segue } = stage;
  defineAgent(home);
  await segue("daemon", "stop"); // agents are read when the daemon starts
  const go = join(home.path, "go-on");
  const colours = "printf '\\033[32mok\\033[0m 12 tests\\n\\033]0;title\\007\\033[3J'";
  const script = `${colours}; until [ -e ${go} ]; do sleep 0.05; done; echo all passed; exit 1`;
  await segue("new", "--agent", "fake", "--title", "runs tests", `[[terminal ${script}]] [[wait-exit]] [[release]]`);
  await window.show("Segue");
  await window.row("runs tests");
  await window.command("Segue: Open");
  await window.choose("Pick a session", "runs tests");
  const frame = await window.webview('h1:has-text("runs tests")');
  await frame.locator("details.tool summary").first().click();
  const output = frame.getByLabel("Terminal", { exact: true });
  await output.getByText("12 tests").waitFor();
  assert.equal(await output.locator(".fg-2").innerText(), "ok");
  assert.match(await output.innerText(), /\nok 12 tests\s*$/, "other control sequences are left out");
  await window.screenshot("terminal-running");
  writeFileSync(go, "");
  await until("its end", async () => (await output.innerText()).includes("all passed\n[exit 1]"));
  await window.screenshot("terminal-ended");
  await stage.end();
});

function defineAgent({ data }) {
  const python = join(ROOT, ".venv", "bin", "python");
  const command = [python, "-I", join(ROOT, "tests", "agents", "fake_agent.py")];
  mkdirSync(join(data, "agents"), { recursive: true, mode: 0o700 });
  writeFileSync(join(data, "agents", "fake.toml"), `name = "fake"\ncommand = ${JSON.stringify(command)}\n`);
}
