/** Installing Segue: from a bare profile and an empty home, with nothing but Python and git (issue 3, package); trust first (D45, S1). */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { journey, openEditor, scaled, until } from "./harness.mjs";

const READ_ZIP =
  "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); [print(z.read(n).decode()) for n in z.namelist()]";

journey(
  "where a workspace is not trusted nothing starts; once it is, the VSIX sets its server up and a task is delegated",
  async () => {
    const { window, home, repository, end } = await openEditor({
      isBare: true,
      trust: "on",
    });
    await window.show("Segue");
    await window.text("Segue starts nothing in a workspace that you do not trust");
    await window.command("Segue: Delegate Task…");
    await window.notification("Segue starts nothing");
    assert.deepEqual(
      [readdirSync(home.data), readdirSync(home.runtime)],
      [[], []],
      "nothing was ever set up or started",
    );
    await window.screenshot("untrusted");
    await window.pressInNotification("Segue starts nothing", "Manage Workspace Trust");
    const trusted = performance.now();
    await window.page.locator(".workspace-trust-buttons .monaco-button").filter({ hasText: "Trust" }).first().click();
    const covering = window.page.locator(".monaco-modal-editor-block");
    await covering.locator('.action-label[aria-label^="Close"]').click(); // the trust editor covers the window
    await covering.waitFor({ state: "detached" });
    await window.notification("Setting up Segue");
    await window.screenshot("setting-up");
    await window.text("Delegate a task to an agent");
    const [environment, ...others] = readdirSync(join(home.data, "server")).filter((name) => !name.startsWith("."));
    assert.match(environment, /^\d+\.\d+\.\d+-[0-9a-f]{12}$/);
    assert.deepEqual(others, []);
    assert.ok(existsSync(join(home.data, "server", environment, ".complete")));

    await window.screenshot("set-up");
    await window.page.getByRole("button", { name: "Delegate an Example" }).click();
    await window.row("Needs you");
    const card = await window.webview("segue-app section.card"); // in sight, so there is no notification
    await card
      .getByRole("button", { name: /^Allow/ })
      .first()
      .click();
    await window.row("Ready");
    await until("its line", async () => (await (await window.row("Add a line")).innerText()).includes("+1"));
    assert.equal(repository.git("status", "--porcelain"), "");
    await window.webview('h1:has-text("Add a line to the README")'); // shown by itself, where nothing was shown
    await window.screenshot("set-up-and-delegated");
    console.log(`from trust to a first result: ${((performance.now() - trusted) / 1000).toFixed(0)} s`);
    await end();
  },
);

journey("a report of a problem lists what is in it first, and holds no secret", async (stage) => {
  const { window, home, segue } = stage;
  const secret = "sk-journey-0123456789abcdef";
  await segue("list");
  appendFileSync(join(home.data, "logs", "daemon.log"), `a line with ${secret}\n`);
  await window.show("Segue");
  await window.command("Segue: Report a Problem…");
  const contents = await window.choices("Report a Problem");
  assert.match(contents.join("\n"), /report\.md[^]*daemon\.log/);
  await window.screenshot("report-contents");
  await window.page.keyboard.press("Enter");
  const box = window.page.locator(".quick-input-widget", { hasText: "Save the Report" }).locator("input").first();
  const target = await until("the place that is proposed", async () => {
    const proposed = await box.inputValue({ timeout: scaled(1_000) });
    return proposed.endsWith(".zip") && proposed;
  });
  await window.page.keyboard.press("Enter");
  await window.notification("The report is saved");
  await window.screenshot("report-saved");
  const text = execFileSync("python3", ["-c", READ_ZIP, target], {
    encoding: "utf8",
  });
  assert.match(text, /Segue: report of a problem[^]*segue\.server\.command[^]*## Doctor/);
  assert.match(text, /a line with ‹removed›/);
  assert.ok(!text.includes(secret) && !text.includes(home.home));
});
