/** Pairing: an agent's changes in the editor's own buffers, decided one by one, while a person types on. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { journey, openEditor, plain, scaled, until } from "./harness.mjs";
import { Editing, converse } from "./harness/editing.mjs";

const GLYPH = ".comment-range-glyph[class*=comment-thread]";

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

  await window.reloadWindow();
  await window.lines(/^# not saved\n(?![\s\S]*# not saved)[\s\S]*return "Farewell, " \+ name/);
  await editing.lenses("Accept", 2);
  await window.statusItem("2 changes").waitFor();
  await editing.go("Control+Home");
  const conversation = window.page.locator(".review-widget");
  await until("the conversation at its line", async () => {
    if (!(await conversation.isVisible()))
      await window.page
        .locator(GLYPH)
        .first()
        .click({ timeout: scaled(1_000) });
    await conversation.getByText("Both are shorter now.", { exact: true }).waitFor({ timeout: scaled(3_000) });
    return true;
  });
  await window.screenshot("pairing-reloaded");
  await until("the conversation to fold", async () => {
    if (await conversation.isVisible())
      await conversation.locator("[aria-label^='Collapse']").click({ timeout: scaled(1_000) });
    return !(await conversation.isVisible());
  });
  assert.match(repository.read("src/greet.py"), /^def greet[\s\S]*Goodbye/, "nor is it by a reload");
  await editing.go("Control+Home");

  await window.command("Segue: Review Changes");
  await window.choose("Pick a session", /run grep/);
  const review = window.page.locator(".multiDiffEditor");
  const kept = review.locator(".review-widget").filter({ hasText: "not sent yet" }); // not the box it was written in
  await review.locator(".editor.modified .view-line").filter({ hasText: "Farewell" }).click();
  await editing.chord("d");
  await converse(window, "Name it in the docs, too", "Add to Review");
  await kept.getByText("Name it in the docs, too").waitFor();
  await review.locator(".editor.modified .comment-range-glyph").first().click();
  await converse(window, "Are you sure?", "Add to Review");
  await kept.getByText("Are you sure?").waitFor();
  await window.screenshot("review-comment");
  await window.openFile("src/greet.py");
  await editing.go("Control+Home");
  await editing.chord("n");
  await window.statusItem("Ln 3, Col 1").waitFor();
  await editing.chord("a");
  await editing.lenses("Accept", 1);
  await editing.chord("u"); // takes the decision back
  await editing.lenses("Accept", 2);
  await editing.go("Control+Home");
  await editing.chord("n");
  await editing.chord("a"); // at once: keys count in the order in which they are pressed
  await editing.lenses("Accept", 1);
  await window.lines('return "Hi, " + name');
  await window.command("Segue: Reject Change with a Reason");
  await window.answer("Reject with a reason", "Farewell is too formal");
  await window.lines('return "Goodbye, " + name');
  await editing.lenses("Accept", 0);
  await window.screenshot("pairing-decided");

  await window.command("Segue: Send Comments to the Agent");
  for (const said of ["Farewell is too formal", "Name it in the docs, too", "Are you sure?"]) {
    await until("the agent's answer", async () => (await segue("show", session.id)).includes(said));
  }
  await window.command("Segue: Finish Pairing");
  await until("the end of pairing", async () => (await window.statusItem("Pairing").count()) === 0);
  assert.doesNotMatch(repository.read("src/greet.py"), /Hi, /, "and nothing was saved by finishing");
  await window.lines('return "Hi, " + name');
  await end();
});

journey(
  "words typed right behind Pair Here, Discuss or a reason go into their box and never into the code",
  async () => {
    const { window, segue, end } = await openEditor();
    const editing = new Editing(window.page);
    const box = window.page.locator(".review-widget .monaco-editor.focused .view-lines");
    const code = () =>
      window.page.evaluate(() =>
        [...document.querySelectorAll(".part.editor .view-lines")]
          .filter((lines) => !lines.closest(".review-widget"))
          .map((lines) => lines.innerText)
          .join("\n"),
      );
    // What is typed before the box has the focus is dropped, so a person who sees that writes it again.
    const unbroken = (text) => plain(text).replace(/\s/g, ""); // the box breaks its lines anywhere
    const typeUntilInBox = (words) =>
      until("the words in the box", async () => {
        await editing.type(words, 20);
        return unbroken((await box.allInnerTexts()).join()).endsWith(unbroken(words));
      });
    await window.openFile("src/greet.py");
    await window.show("Segue");
    await window.text("Delegate Task");
    await editing.go("Control+End");
    const before = await code();
    await editing.chord("Enter");
    await editing.type("Scripted");
    await window.choose("Which agent?", "Scripted");
    await typeUntilInBox("Some words that are lost until the box is there, and then the rest");
    assert.equal(await code(), before, "nothing behind the list");
    await converse(
      window,
      "[[run sed -i -e 's/Hello, /Hi, /' -e 's/Goodbye/Farewell/' src/greet.py]]Both are shorter.",
    );
    await editing.lenses("Accept", 2);
    const changed = await code();

    await editing.go("Control+Home", "ArrowDown", "End");
    const routes = [
      () => editing.chord("d"),
      () => editing.chord("d"),
      () => window.command("Segue: Discuss Change"),
      () => editing.pressLens("Discuss"),
    ];
    for (const discuss of routes) {
      await discuss();
      await typeUntilInBox("Words that nobody clicked anything for");
      await window.screenshot("typed-into-the-box");
      await editing.press("Control+a", "Delete");
      await editing.press("Escape");
      await editing.press("ArrowUp", "ArrowDown"); // the code has the focus at once
      assert.equal(await code(), changed);
      // What is clicked while a box closes is elsewhere by then.
      await window.page
        .locator(".review-widget")
        .filter({ hasText: "Comment for the agent" })
        .waitFor({ state: "detached" });
    }
    await editing.go("Control+Home");
    await editing.chord("d");
    await editing.type("Words where nothing can be discussed", 20);
    await window.notification("There is no change of the agent here.");
    assert.equal(await code(), changed);
    await until("the focus in the code", async () => {
      await editing.press("Escape");
      return window.page.locator(".part.editor .monaco-editor.focused").first().isVisible();
    });
    await editing.go("Control+Home", "ArrowDown", "End");
    await editing.chord("Shift+R");
    await editing.type("too short", 20);
    await window.asked("Reject with a reason");
    await editing.press("Escape");
    assert.equal(await code(), changed);
    await editing.lenses("Accept", 2);

    await window.openFile("src/languages.py");
    await editing.go("Control+Home");
    await editing.chord("Enter");
    await window.asked("Continue the session in the editor, or begin another?");
    await window.screenshot("continue-or-new");
    await editing.press("Enter"); // the first row continues
    await converse(window, "And here?");
    await window.page.locator(".review-widget").getByText("And here?").first().waitFor();
    const { sessions } = JSON.parse(await segue("list", "--json"));
    assert.equal(sessions.length, 1, "it is the same session, and nobody was surprised");
    await end();
  },
);

journey("lines that both changed are a proposal at its place, and nothing of mine is overwritten", async () => {
  const { window, repository, home, segue, end } = await openEditor();
  const editing = new Editing(window.page);
  await window.openFile("src/greet.py");
  await editing.go("Control+Home");
  await window.command("Segue: Pair Here");
  await window.choose("Which agent?", "Scripted");
  const go = join(home.path, "go");
  await converse(
    window,
    `[[wait-file ${go}]][[run sed -i 's/"Goodbye, " + name/"Farewell"/; s/"Hello, " + name/"Hi"/; 4s/^/# between/' src/greet.py]]`,
  );
  await window.statusItem("nothing to decide").waitFor();
  await window.page.locator(".review-widget [aria-label^='Close Conversation']").first().click();
  await until("the turn", async () => JSON.parse(await segue("list", "--json")).sessions[0].state === "running");
  await editing.go("Control+End", "ArrowUp", "End");
  for (const _ of " + name") await editing.press("Backspace");
  await editing.type(".upper()");
  await editing.press("ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "End");
  for (const _ of " + name") await editing.press("Backspace");
  await editing.type(".lower()");
  writeFileSync(go, "");
  await editing.lenses("Take Theirs", 2);
  await editing.lenses("Accept", 1);
  await window.lines('return "Goodbye, ".upper()');
  await window.screenshot("proposal");

  await editing.chord("t");
  await editing.lenses("Take Theirs", 1);
  await window.lines('return "Hi"');
  await editing.go("Control+End", "ArrowUp");
  await editing.chord("g");
  const merger = window.page.locator(".merge-editor");
  await merger.getByText("Accept The Agent's", { exact: true }).click();
  await window.screenshot("proposal-merge");
  await window.page.getByRole("button", { name: "Complete Merge" }).click();
  await merger.waitFor({ state: "detached" });
  await editing.lenses("Take Theirs", 0);
  await window.lines('return "Farewell"');
  await window.screenshot("proposal-merged");
  await window.command("Segue: Accept All Changes");
  await editing.lenses("Accept", 0);
  await window.lines("# between");
  assert.match(repository.read("src/greet.py"), /Goodbye, " \+ name/, "nothing is saved unasked");
  await end();
});

journey("a buffer that only the agent changed is clean again once its changes are rejected", async () => {
  const { window, repository, end } = await openEditor({
    settings: { "editor.accessibilitySupport": "on" },
  });
  const editing = new Editing(window.page);
  repository.write("README.md", `# Greetings\n\nSays hello in several languages.\n\nTODO: say how many\n`);
  repository.commit("A task");
  await window.openFile("README.md");
  await editing.go("Control+End", "ArrowUp");
  await until("the action, once the extension is there", async () => {
    await editing.press("Escape", "Control+.");
    await window.page
      .locator(".action-widget")
      .getByText("Pair Here: do this")
      .click({ timeout: scaled(3_000) });
    return true;
  });
  await window.choose("Which agent?", "Command");
  await converse(window, "sed -i 's/several/many/' README.md && rm src/languages.py");
  await window.lines("many languages");
  await until("an unsaved file", async () => (await window.page.locator(".tab.dirty").count()) === 1);
  await window.statusItem("Only the agent's changes are unsaved").waitFor();
  await window.page.locator(".explorer-folders-view [aria-label*='unsaved only because of the agent']").waitFor();
  await window.screenshot("only-the-agent");
  await editing.go("Control+Home");
  await editing.type("x");
  await window.statusItem("Only the agent's changes are unsaved").waitFor({ state: "hidden" });
  await editing.press("Backspace");
  await window.statusItem("Only the agent's changes are unsaved").waitFor();
  await editing.chord("n"); // what a screen reader says is a notification that goes by itself
  await window.notification("README.md: line 3, the agent adds 1, removes 1");
  await window.screenshot("spoken-change");
  await window.command("Segue: Reject All Changes…");
  await window.pressInDialog("Reject", "Reject All");
  await window.lines("several languages");
  await until("a clean file", async () => (await window.page.locator(".tab.dirty").count()) === 0);
  assert.match(repository.read("src/languages.py"), /Bonjour/, "a deleted file is there again");
  await window.screenshot("clean-again");
  await end();
});
