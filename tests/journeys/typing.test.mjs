/** A person types while an agent writes into the same file: no key and no edit is lost or doubled (issue 5, b). */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { journey, openEditor, until } from "./harness.mjs";
import { Editing, converse } from "./harness/editing.mjs";

/** How long both write; `SEGUE_TYPING_S=30` is what the issue asks for. */
const SECONDS = Number(process.env.SEGUE_TYPING_S ?? 5);
const KEYS_PER_S = 8;
const WRITES_PER_S = 5;
const WRITES = Math.ceil(SECONDS * WRITES_PER_S);
const KEYS = Array.from({ length: Math.ceil((SECONDS * KEYS_PER_S) / 3) }, (_, number) => `k${number % 90}x`).join("");

/** Plain text, at two cursors, nothing is saved; JSON, saved by itself, and by key so that it is formatted, again and again. */
const RUNS = [
  {
    title: "no key and no edit is lost while both write, auto-save off",
    settings: {},
    saveEvery: Infinity,
    file: "src/words.txt",
    text: "top\n\ntype: \ntype: \n\nbottom\n",
    cursor: ["Control+Home", "ArrowDown", "ArrowDown", "End", "Shift+Alt+ArrowDown"],
    cursors: 2,
    above: "top",
    below: "bottom",
  },
  {
    title: "no key and no edit is lost while both write, auto-save and format on save",
    settings: { "files.autoSave": "afterDelay", "files.autoSaveDelay": 300, "editor.formatOnSave": true },
    saveEvery: KEYS_PER_S,
    file: "src/words.json",
    text: '{\n  "top": [\n"end"\n  ],\n  "typed": "",\n  "bottom": [\n    "end"\n  ]\n}\n',
    cursor: ["Control+Home", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "End", "ArrowLeft", "ArrowLeft"],
    cursors: 1,
    above: '"top": [',
    below: '"bottom": [',
  },
];

for (const run of RUNS) {
  journey(run.title, async () => {
    const stage = await openEditor({ settings: run.settings });
    const { window, repository, home, segue } = stage;
    const editing = new Editing(window.page);
    repository.write(run.file, run.text);
    repository.commit("Words");
    const [go, done] = [join(home.path, "go"), join(home.path, "done")];
    const saved = () => repository.read(run.file);

    await window.openFile(run.file);
    await editing.go(...run.cursor);
    const isFormatted = async (line) => {
      await editing.press("Control+s"); // only a save by hand formats
      return line.test(saved());
    };
    if (run.saveEvery < Infinity) await until("the editor's formatter", () => isFormatted(/^ {4}"end"/m));
    await window.command("Segue: Pair Here");
    await window.choose("Which agent?", "Command");
    const agent = join(home.path, "agent.py");
    writeFileSync(agent, script(run, go, done));
    await converse(window, `python3 ${agent}`);
    const session = await until("the linked session", async () => {
      const { sessions } = JSON.parse(await segue("list", "--json"));
      return sessions.find(({ linkedTo, state }) => linkedTo && state === "running");
    });
    await window.page.locator(".review-widget [aria-label^='Close Conversation']").first().click();
    await editing.go(...run.cursor);
    writeFileSync(go, "");
    for (let at = 0; at < KEYS.length; at += run.saveEvery) {
      await editing.type(KEYS.slice(at, at + run.saveEvery), 1000 / KEYS_PER_S);
      if (run.saveEvery < Infinity) await editing.press("Control+s");
    }
    if (run.saveEvery < Infinity) {
      await until("what the agent wrote, formatted and saved", () => isFormatted(/^ {4}"agent \d+ ",$/m));
    }
    // Where the formatter edits a single place of a change, that counts as the person's, and is a hunk no more.
    const last = `agent ${WRITES - 1} `;
    await until("the agent's last write", async () =>
      [saved(), await segue("hunks", session.id)].some((text) => text.includes(last)),
    );
    await window.screenshot(`typing-in-${run.file.replace(/.*\./, "")}`);
    if (run.settings["files.autoSave"] === undefined) {
      assert.equal(saved(), run.text, "nothing is saved unasked");
    }
    writeFileSync(done, "");
    await until("the end of the turn", async () => {
      const { sessions } = JSON.parse(await segue("list", "--json"));
      return sessions.find(({ id }) => id === session.id).state === "idle";
    });

    await editing.press("ArrowLeft", "ArrowRight"); // what is typed now is undone by itself
    await editing.type("Z");
    await window.lines(`${KEYS}Z`);
    await editing.press("Control+z");
    await window.command("File: Save");
    const mine = await until("the saved text", () => saved().includes(last) && saved());
    assert.equal(mine.split(KEYS).length, 1 + run.cursors, "every key once, in order, where each cursor stood");
    assert.ok(!mine.includes("Z"), "an undo takes back what was typed last");
    for (let number = 0; number < WRITES; number += 1) {
      assert.equal(mine.split(`agent ${number} `).length, 2, `write ${number} once`);
    }
    const theirs = join(session.worktree, run.file);
    await window.command("Segue: Share My Edits Now");
    await until("both sides to be equal", () => readFileSync(theirs, "utf8") === saved());
    await stage.end();
  });
}

/** Writes a numbered line above the cursor, then one below, from what the file reads at that moment. */
function script({ file, above, below }, go, done) {
  return `import os, time
while not os.path.exists(${JSON.stringify(go)}):
    time.sleep(0.02)
for number in range(${WRITES}):
    lines = open(${JSON.stringify(file)}).read().split("\\n")
    mark = ${JSON.stringify(above)} if number % 2 else ${JSON.stringify(below)}
    at = next(at for at, line in enumerate(lines) if mark in line) + 1
    lines.insert(at, ('"agent %d ",' if ${JSON.stringify(file)}.endswith("json") else "agent %d ") % number)
    with open("words.new", "w") as out:
        out.write("\\n".join(lines))
    os.replace("words.new", ${JSON.stringify(file)})
    time.sleep(${1 / WRITES_PER_S})
while not os.path.exists(${JSON.stringify(done)}):
    time.sleep(0.02)
`;
}
