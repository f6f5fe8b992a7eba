/** Chromium, and windows of it that draw and load only what a person would notice. Knows its switches; no DOM of VS Code. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import { scaled } from "./load.mjs";

/** First Chromium's own page for its address bar, which each window would load unseen; the others are Playwright's, of whose list this takes the place. */
const WITHOUT = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"].concat(
  ["AimEnabled", "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"],
  ["LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding"],
  ["PreconnectToSearch", "ThirdPartyStoragePartitioning"],
);

/** Switches that keep Chromium quiet and off the network. */
const QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"].concat(
  ["--disable-component-update", "--disable-sync"],
  `--disable-features=${WITHOUT.join(",")}`,
);

/** Whatever fades or slides is drawn by the CPU, sixty times a second: it arrives so many times as fast. */
const HASTE = 20;

/** The Chromium of this machine; `SEGUE_CHROMIUM` names another. */
function findChromium() {
  if (process.env.SEGUE_CHROMIUM) return process.env.SEGUE_CHROMIUM;
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const paths = names.flatMap((name) => (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name)));
  const found = paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found) throw new Error("No Chromium on this machine: run `python3 tools/setup.py --for test`.");
  return found;
}

/** A headless Chromium; what belongs to a person (profile, cache, layout) is each page's own. */
export function launchBrowser(scratch) {
  return chromium.launch({
    executablePath: findChromium(),
    headless: true,
    chromiumSandbox: false,
    args: QUIET,
    timeout: scaled(60_000),
    env: { ...process.env, XDG_RUNTIME_DIR: scratch, XDG_CONFIG_HOME: scratch, XDG_CACHE_HOME: scratch },
  });
}

/** The first page of a person who was never here before, and who asks for little motion. */
export async function openPage(browser) {
  const context = await browser.newContext({
    viewport: { width: 1400, height: 900 },
    reducedMotion: "reduce",
    // From this machine to itself, packing and unpacking the editor's files costs more than it saves.
    extraHTTPHeaders: { "Accept-Encoding": "identity" },
  });
  await context.addInitScript(endAnimations);
  context.on("page", (page) => hasten(page).catch(() => undefined)); // one that was closed meanwhile
  return context.newPage();
}

/** Runs in each frame: what would turn for as long as an agent works turns once. */
function endAnimations() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("*, ::before, ::after { animation-iteration-count: 1 !important }");
  document.adoptedStyleSheets.push(sheet);
}

async function hasten(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Animation.enable");
  await session.send("Animation.setPlaybackRate", { playbackRate: HASTE });
}
