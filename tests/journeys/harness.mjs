/**
 * Journeys: what a person does, in a real VS Code, in Chromium, on a real git repository.
 *
 *     import assert from "node:assert/strict";
 *     import { journey, until } from "./harness.mjs";
 *
 *     journey("a delegated change is merged", async ({ window, repository, segue }) => {
 *       await window.command("Segue: Delegate Task…");
 *       await window.choose("agent", "Command");              // a pick: part of its title or placeholder, then the row
 *       await window.answer("prompt", "echo hi > hi.txt");    // an input box: the same, then what is typed
 *       await window.row("Ready");                            // waits for the tree row
 *       await window.rowAction("echo hi", "Merge");           // a hover button of that row
 *       await until("the merge", () => repository.git("show", "main:hi.txt") === "hi");
 *       await window.screenshot("merged");                    // artifacts/journeys/NN-merged.png: look at it
 *     });
 *
 * - All journeys share ONE editor, ONE window and ONE profile, in one process and one after the other: run them with
 *   `node --test --test-isolation=none tests/journeys/*.test.mjs`, or `make test PARTS=journeys`. One file works as well.
 *   Each starts with editors, notifications and quick inputs closed, but with the sessions and commits that the
 *   journeys before it left: name what you make, and look for that name only.
 * - Wait on roles and texts (every helper does), on `until(what, check)` for facts outside of the page, never on time.
 * - `window` is a Workbench (harness/workbench.mjs), with `window.page` as the way out; `repository` a Repository
 *   (harness/repository.mjs); `segue("list", "--json")` runs the CLI against the same daemon; `home` has its folders.
 * - A journey that needs an editor of its own (workspace trust, autosave, another folder): `await openEditor({trust: "on"})`
 *   gives the same things in a second window of the same Chromium, and an `end()`; what is not ended is ended at the end.
 * - A journey that fails leaves `NN-failed-….png` and the window's console beside it.
 * - `SEGUE_VSIX` names a ready VSIX; otherwise `npm run vsix` builds one first. The editor's log is kept as `editor.log`.
 */
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  buildVsix,
  EditorProcess,
  Home,
  launchBrowser,
  makeScratch,
  removeScratch,
  ROOT,
} from "./harness/processes.mjs";
import { Repository } from "./harness/repository.mjs";
import { Workbench } from "./harness/workbench.mjs";

export { plain, until } from "./harness/workbench.mjs";

const ARTIFACTS = join(ROOT, "artifacts", "journeys");
const JOURNEY_TIMEOUT_MS = 180_000;

/** @typedef {{window: Workbench, repository: Repository, home: Home, segue: (...args: string[]) => Promise<string>, end: () => Promise<void>}} Stage */

/** What this process started, ended together after the last test. @type {{scratch?: string, browser?: any, vsix?: string, shared?: Promise<Stage>, homes: number, stages: Set<Stage>}} */
const run = { homes: 0, stages: new Set() };

/** Fact to prove, in a window shared with all other journeys. @param {string} name @param {(stage: Stage) => Promise<void>} act */
export function journey(name, act) {
  test(name, { timeout: JOURNEY_TIMEOUT_MS }, async () => {
    run.shared ??= openEditor();
    const stage = await run.shared;
    await stage.window.tidy();
    try {
      await act(stage);
    } catch (error) {
      for (const { window } of run.stages) await keepFailure(window, name);
      await leaveNothingTo(stage);
      throw error;
    }
  });
}

/**
 * An editor of its own on a fresh sample repository.
 * @param {{trust?: "on" | "off", settings?: object, folder?: string, isBare?: boolean}} [options] `folder`: what to open instead of the sample; `isBare`: without this checkout's `segue`, so that the extension installs its own
 * @returns {Promise<Stage>}
 */
export async function openEditor({ trust = "off", settings = {}, folder, isBare = false } = {}) {
  await prepare();
  const home = new Home(join(run.scratch, String(run.homes++)));
  if (!isBare) home.defineScripted();
  const repository = folder ? new Repository(folder) : Repository.create(join(home.path, "greetings"));
  const editor = await EditorProcess.start({ home, folder: repository.path, vsix: run.vsix, trust, settings, isBare });
  const page = run.stages.size === 0 ? run.browser.pages()[0] : await run.browser.newPage();
  const window = new Workbench(page, ARTIFACTS);
  const stage = {
    window,
    repository,
    home,
    segue: async (...args) => (await home.segue(repository.path, ...args)).stdout,
    end: () => endStage(stage, editor),
  };
  run.stages.add(stage);
  await window.open(editor.url);
  return stage;
}

async function prepare() {
  if (run.scratch) return;
  rmSync(ARTIFACTS, { recursive: true, force: true });
  mkdirSync(ARTIFACTS, { recursive: true });
  run.scratch = makeScratch();
  run.vsix = buildVsix();
  run.browser = await launchBrowser(run.scratch);
}

async function endStage(stage, editor) {
  if (!run.stages.delete(stage)) return;
  await stage.window.page.close();
  await editor.end();
  await stage.home.end();
  const log = join(stage.home.path, "e", "editor.log");
  if (existsSync(log)) copyFileSync(log, join(ARTIFACTS, "editor.log"));
}

/** After a failure: a second page would keep the shared one in the background, where nothing is drawn; agents would go on. */
async function leaveNothingTo(shared) {
  for (const other of [...run.stages]) if (other !== shared) await other.end();
  await shared.window.page.bringToFront();
  const { sessions } = JSON.parse(await shared.segue("list", "--json"));
  for (const { id, state } of sessions) if (state === "running") await shared.segue("stop", id).catch(() => undefined);
}

async function keepFailure(window, name) {
  const slug = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const path = await window.screenshot(`failed-${slug}`).catch(() => join(ARTIFACTS, `failed-${slug}.png`));
  writeFileSync(path.replace(/png$/, "console.log"), window.console.join("\n"));
}

after(async () => {
  for (const stage of [...run.stages]) await stage.end();
  await run.browser?.close();
  if (run.scratch) removeScratch(run.scratch);
});
