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
 * - Each journey has an editor, a window, a profile, a repository and a daemon of its own, and leaves none of them: what
 *   one journey did, or failed to do, is nothing to the next. They run in one process and one after the other, while
 *   the editor of the next one starts:
 *   `node --test --test-isolation=none tests/journeys/*.test.mjs`, or `make test PARTS=journeys`. One file works as well.
 * - Wait on roles and texts (every helper does), on `until(what, check)` for facts outside of the page, never on time.
 * - `window` is a Workbench (harness/workbench.mjs), with `window.page` as the way out; `repository` a Repository
 *   (harness/repository.mjs); `segue("list", "--json")` runs the CLI against the same daemon; `home` has its folders.
 * - Limits count for more on a busy machine (harness/load.mjs): pass one to Playwright as `scaled(3_000)`. A journey has
 *   none of its own: what runs the journeys ends them when they make no progress.
 * - A journey that needs another editor (workspace trust, autosave, another folder) takes no stage and calls
 *   `await openEditor({trust: "on"})`, which gives the same things; what is not ended is ended behind the journey.
 * - A journey that fails leaves `NN-failed-….png` and the window's console beside it.
 * - `SEGUE_VSIX` names a ready VSIX; otherwise `npm run vsix` builds one first. The editor's log is kept as `editor.log`.
 */
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { launchBrowser, openPage } from "./harness/browser.mjs";
import { buildVsix, EditorProcess, Home, makeScratch, removeScratch, ROOT } from "./harness/processes.mjs";
import { Repository } from "./harness/repository.mjs";
import { Workbench } from "./harness/workbench.mjs";

export { plain, scaled, until } from "./harness/workbench.mjs";

const ARTIFACTS = join(ROOT, "artifacts", "journeys");
/** What an editor has after a VSIX was installed; later ones begin with a copy. */
const INSTALLED = ["extensions", "vsix-stamp"];

/** @typedef {{window: Workbench, repository: Repository, home: Home, segue: (...args: string[]) => Promise<string>, end: () => Promise<void>}} Stage */

/** What this process started. @type {{scratch?: string, vsix?: string, homes: number, toCome: number, spare?: Promise<Stage>, started: Set<Stage>, stages: Set<Stage>, endings: Promise<Error | undefined>[]}} */
const run = { homes: 0, toCome: 0, spare: undefined, started: new Set(), stages: new Set(), endings: [] };

/** Fact to prove, on a stage of its own; an `act` that takes none opens what it needs. @param {string} name @param {(stage: Stage) => Promise<void>} act */
export function journey(name, act) {
  run.toCome += 1;
  test(name, async () => {
    run.toCome -= 1;
    try {
      await act(act.length > 0 ? await openEditor() : undefined);
    } catch (error) {
      for (const { window } of run.stages) await keepFailure(window, name);
      throw error;
    } finally {
      // The next journey need not wait until all of it is gone.
      for (const stage of [...run.stages]) run.endings.push(stage.end().catch((failed) => failed));
    }
  });
}

/**
 * An editor of its own on a fresh sample repository.
 * @param {{trust?: "on" | "off", settings?: object, folder?: string, isBare?: boolean}} [options] `folder`: what to open instead of the sample; `isBare`: without this checkout's `segue`, so that the extension installs its own
 * @returns {Promise<Stage>}
 */
export async function openEditor(options) {
  const stage = await (options ? start(options) : (takeSpare() ?? start({})));
  run.stages.add(stage);
  if (mayPrepare()) {
    run.spare ??= start({});
    run.spare.catch(() => undefined); // told to the journey that takes it
  }
  return stage;
}

/** An editor starts for many seconds: the next journey's does so while the present journey acts. */
function mayPrepare() {
  const isChoosy = process.execArgv.some((word) => word.startsWith("--test-name-pattern"));
  return run.toCome > 0 && !isChoosy;
}

function takeSpare() {
  const { spare } = run;
  run.spare = undefined;
  return spare;
}

async function start({ trust = "off", settings = {}, folder, isBare = false }) {
  prepare();
  const home = new Home(join(run.scratch, String(run.homes++)));
  if (!isBare) home.defineScripted();
  const repository = folder ? new Repository(folder) : Repository.create(join(home.path, "greetings"));
  bringInstalled(home);
  const editor = await EditorProcess.start({ home, folder: repository.path, vsix: run.vsix, trust, settings, isBare });
  keepInstalled(home);
  // Each window has a Chromium of its own: of two in one, the one behind is drawn no more.
  const browser = await launchBrowser(run.scratch);
  const window = new Workbench(await openPage(browser), ARTIFACTS);
  const stage = {
    window,
    repository,
    home,
    segue: async (...args) => (await home.segue(repository.path, ...args)).stdout,
    end: () => endStage(stage, editor, browser),
  };
  run.started.add(stage);
  await window.open(editor.url);
  return stage;
}

function prepare() {
  if (run.scratch) return;
  rmSync(ARTIFACTS, { recursive: true, force: true });
  mkdirSync(ARTIFACTS, { recursive: true });
  run.scratch = makeScratch();
  run.vsix = buildVsix();
}

/** Installing a VSIX takes seconds: it is done once. */
function keepInstalled(home) {
  const kept = join(run.scratch, "installed");
  if (existsSync(kept)) return;
  for (const name of INSTALLED) cpSync(join(home.path, "e", name), join(kept, name), { recursive: true });
}

function bringInstalled(home) {
  const kept = join(run.scratch, "installed");
  if (existsSync(kept)) cpSync(kept, join(home.path, "e"), { recursive: true });
}

async function endStage(stage, editor, browser) {
  run.stages.delete(stage);
  if (!run.started.delete(stage)) return;
  await browser.close();
  await editor.end();
  await stage.home.end();
  const log = join(stage.home.path, "e", "editor.log");
  if (existsSync(log)) copyFileSync(log, join(ARTIFACTS, "editor.log"));
}

async function keepFailure(window, name) {
  const slug = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const path = await window.screenshot(`failed-${slug}`).catch(() => join(ARTIFACTS, `failed-${slug}.png`));
  writeFileSync(path.replace(/png$/, "console.log"), window.console.join("\n"));
}

after(async () => {
  await run.spare?.catch(() => undefined);
  for (const stage of [...run.started]) run.endings.push(stage.end().catch((failed) => failed));
  const failed = (await Promise.all(run.endings)).find(Boolean);
  if (run.scratch) removeScratch(run.scratch);
  if (failed) throw failed;
});
