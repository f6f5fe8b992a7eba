/** Folders that are not simply one repository (issue 2, bad input). */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { journey, openEditor } from "./harness.mjs";
import { Repository } from "./harness/repository.mjs";

journey(
  "a folder of several repositories: it is asked which, and what is amiss is said before work starts",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "j"));
    try {
      const [first, second] = ["first", "second"].map((name) => Repository.create(join(folder, name)));
      first.git("config", "--unset", "user.email");
      second.git("checkout", "--quiet", "--detach");
      mkdirSync(join(folder, "plain"));
      const { window, end } = await openEditor({ folder });
      await window.show("Segue");
      await window.text("Delegate a task to an agent");

      await window.command("Segue: Delegate Task…");
      assert.deepEqual(
        (await window.choices("Which repository?")).map((choice) => choice.split(" ")[0]),
        ["first", "second"],
      );
      await window.choose("Which repository?", "first");
      await window.choose("agent", "Command");
      await window.choose("base branch", "main");
      await window.asked("prompt");
      await window.text(/user\.email/);
      await window.screenshot("no-identity");

      await window.command("Segue: Delegate Task…");
      await window.choose("Which repository?", "second");
      await window.choose("agent", "Command");
      assert.match((await window.choices("base branch"))[0], /detached/);
      await window.screenshot("detached");
      await window.closeQuickInput();
      await end();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
