/** VS Code's window as a person sees it. Knows the workbench's DOM; knows nothing of Segue, git or processes. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Patience, scaled } from "./load.mjs";

export { scaled };

const PATIENCE_MS = 60_000;
const POLL_MS = 100;
let shots = 0;

/** Text as read by a person: one line, plain spaces. */
export function plain(text) {
  return text.replace(/[\s\u00a0\u200b\u200e\u200f]+/gu, " ").trim();
}

/**
 * Wait until `check` gives something truthy and return that. For facts outside of the page; inside it, wait on locators.
 * @template T @param {string} what ends up in the error @param {() => T | Promise<T>} check
 */
export async function until(what, check, patienceMs = PATIENCE_MS) {
  const patience = new Patience(patienceMs);
  let failure;
  for (;;) {
    const began = performance.now();
    try {
      const value = await check();
      if (value) return value;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    if (patience.isOver()) throw new Error(`Waited ${patienceMs / 1000} s for: ${what}`, { cause: failure });
    await pause(Math.max(POLL_MS, performance.now() - began)); // a check that costs much is made less often
  }
}

export class Workbench {
  /** @param {import("playwright-core").Page} page @param {string} artifacts folder of the screenshots */
  constructor(page, artifacts) {
    this.artifacts = artifacts;
    /** Every console line, oldest first. VS Code itself logs errors here: never assert that there are none. */
    this.console = [];
    this.#look(page);
  }

  #look(page) {
    this.page = page;
    page.setDefaultTimeout(scaled(2 * PATIENCE_MS));
    page.on("console", (message) => this.console.push(`${message.type()}: ${message.text()}`));
  }

  // -- the window ---------------------------------------------------------------------------------------------------

  async open(url) {
    await this.page.goto(url);
    await this.ready();
  }

  /** The side bar, the status bar and the palette are there. Extensions may still be starting. */
  async ready() {
    await this.page.locator(".monaco-workbench .part.activitybar .action-item").first().waitFor();
    await this.page.locator(".part.statusbar .statusbar-item").first().waitFor();
  }

  /** Reload as a person does (F5): the extension host ends, the server process keeps running. */
  async reload() {
    await this.page.reload({ waitUntil: "domcontentloaded" });
    await this.ready();
  }

  /** Reload by its command: the window keeps its layout and its tabs, which an F5 right behind a change may lose. */
  async reloadWindow() {
    const loaded = this.page.waitForEvent("load");
    await this.command("Developer: Reload Window");
    await loaded;
    await this.ready();
  }

  /** Close the browser's tab and open the same address in a new one. */
  async reopen() {
    const url = this.page.url();
    const next = await this.page.context().newPage();
    await this.page.close();
    this.#look(next);
    await this.open(url);
  }

  /** Keep a picture as `NN-name.png`; returns its path. */
  async screenshot(name) {
    mkdirSync(this.artifacts, { recursive: true });
    shots += 1;
    const path = join(this.artifacts, `${String(shots).padStart(2, "0")}-${name}.png`);
    await this.page.screenshot({ path, animations: "disabled", caret: "hide" });
    return path;
  }

  /** Wait for text anywhere in the window (not inside webviews). */
  async text(text) {
    const found = this.page.locator(".monaco-workbench").getByText(text).first();
    await found.waitFor();
    return found;
  }

  // -- palette and quick inputs ---------------------------------------------------------------------------------------

  get #quick() {
    return this.page.locator(".quick-input-widget:visible");
  }

  get #quickInput() {
    return this.#quick.locator(".quick-input-box input");
  }

  #quickRow(label) {
    const name = this.page.locator(".label-name").getByText(label, { exact: typeof label === "string" });
    return this.#quick.locator(".quick-input-list .monaco-list-row").filter({ has: name }).first();
  }

  /** A menu or dialog that closes late takes the focus, and with it the list: then it is opened again. */
  async #openQuickly(typed, key = "F1") {
    await this.closeQuickInput();
    await until("the palette", async () => {
      await this.page.keyboard.press(key);
      await this.#quickInput.fill(typed, { timeout: scaled(3_000) });
      return true;
    });
  }

  /** Run a command by the full title that the palette shows, such as `View: Close All Editors`. */
  async command(title) {
    // A view that is just opening may take the focus, and with it the palette: then it is opened again.
    await until(`the palette's row ${title}`, async () => {
      await this.#openQuickly(`>${title}`);
      await this.#quickRow(title).click({ timeout: scaled(5_000) });
      return true;
    });
    // The next quick input reuses this widget: do not let its answer go into the palette.
    await this.page.waitForFunction(() => {
      const input = document.querySelector(".quick-input-widget .quick-input-box input");
      return !input?.checkVisibility() || !input.value.startsWith(">");
    });
  }

  /** Titles that the palette offers for what is typed. */
  async commands(typed) {
    await this.#openQuickly(`>${typed}`);
    await this.#quick.locator(".quick-input-list .monaco-list-row").first().waitFor();
    const titles = await this.#quick.locator(".quick-input-list .label-name").allInnerTexts();
    await this.closeQuickInput();
    return titles.map(plain);
  }

  /** What the open quick input asks: its title, placeholder and message. */
  question() {
    return this.page.evaluate(() => {
      const widget = document.querySelector(".quick-input-widget");
      if (!widget?.checkVisibility()) return "";
      const texts = [".quick-input-title", ".quick-input-description", ".quick-input-message"].map(
        (selector) => widget.querySelector(selector)?.textContent ?? "",
      );
      return [...texts, widget.querySelector(".quick-input-box input")?.placeholder ?? ""].join("\n");
    });
  }

  /** Wait for the quick input that asks `question`: part of its title, placeholder or message. */
  async asked(question) {
    await until(`a question with ${question}`, async () => matches(await this.question(), question));
  }

  /** Wait for the input box that asks `question` (part of its title, placeholder or message), type and confirm. */
  async answer(question, text) {
    await this.asked(question);
    await this.#quickInput.fill(text);
    await this.page.keyboard.press("Enter");
  }

  /** Wait for the pick that asks `question` and take the row with this label. */
  async choose(question, label) {
    await this.asked(question);
    await this.#quickRow(label).click();
  }

  /** Press one of the buttons in the title of the open quick input. */
  async pressInQuickInput(name) {
    await this.#quick.locator(`.quick-input-titlebar .action-label[aria-label^="${name}"]`).click();
  }

  /** Rows of the open pick, each as one text: label, description, detail. */
  async choices(question) {
    await this.asked(question);
    await this.#quick.locator(".quick-input-list .monaco-list-row").first().waitFor();
    return rowTexts(this.#quick.locator(".quick-input-list .monaco-list-row"));
  }

  async closeQuickInput() {
    while (await this.#quick.count()) {
      await this.page.keyboard.press("Escape");
      await this.#quick
        .first()
        .waitFor({ state: "hidden", timeout: scaled(2_000) })
        .catch(() => this.#quickInput.focus());
    }
  }

  // -- activity bar, side bar, trees ------------------------------------------------------------------------------------

  container(name) {
    return this.page.locator(`.activitybar .action-item:has(a[aria-label^="${name}"])`);
  }

  /** Open a view container of the activity bar; leaves an open one open. */
  async show(name) {
    const item = this.container(name);
    await item.waitFor();
    const title = this.page.locator(`.part.sidebar .composite.title:visible`).filter({ hasText: name }).first();
    // While the window restores itself it may take the click for one that closes the container.
    await until(`${name} to be open`, async () => {
      if (await title.isVisible()) return true;
      await item.click();
      return title.waitFor({ timeout: scaled(2_000) }).then(
        () => true,
        () => false,
      );
    });
  }

  /** Number on a container's badge, as text; empty when there is none. */
  async badge(name) {
    const badge = this.container(name).locator(".badge-content");
    return (await badge.count()) && (await badge.first().isVisible()) ? plain(await badge.first().innerText()) : "";
  }

  /** Tree rows of the side bar as they are now, each as one text: label and description. To wait, use `row`. */
  rows() {
    return rowTexts(this.page.locator(".part.sidebar .monaco-list-row"));
  }

  /** The tree row that holds this text in its label or its description; waits for it. */
  async row(text) {
    const row = this.page.locator(".part.sidebar .monaco-list-row").filter({ hasText: text }).first();
    await row.waitFor();
    return row;
  }

  async rowGone(text) {
    await this.page
      .locator(".part.sidebar .monaco-list-row")
      .filter({ hasText: text })
      .first()
      .waitFor({ state: "detached" });
  }

  /** Click one of the buttons that a row shows while the pointer is over it. */
  async rowAction(text, action) {
    const row = await this.row(text);
    await row.hover();
    await row.locator(`.action-label[aria-label^="${action}"]`).click();
  }

  /** Click one entry of a row's context menu. */
  async rowMenu(text, entry) {
    const item = this.page.locator(".monaco-menu .action-menu-item").filter({ hasText: entry }).first();
    await until(`${entry} in the menu of ${text}`, async () => {
      await (await this.row(text)).click({ button: "right" });
      await item.waitFor({ timeout: scaled(3_000) }).catch(async (missing) => {
        await this.page.keyboard.press("Escape"); // a row that changed meanwhile has another menu
        throw missing;
      });
      return true;
    });
    // A menu takes no click in its first moment, and says nothing about it.
    await until(`${entry} to be taken`, async () => {
      if (await item.count()) await item.click({ timeout: scaled(1_000) }).catch(() => undefined);
      return (await item.count()) === 0;
    });
  }

  // -- notifications, dialogs, status bar -------------------------------------------------------------------------------

  /** The notification that holds this text; waits for it. */
  async notification(text) {
    const toast = this.page.locator(".notification-toast").filter({ hasText: text }).first();
    await toast.waitFor();
    return toast;
  }

  /** Texts of the notifications on screen now. To wait, use `notification`. */
  async notifications() {
    return (await this.page.locator(".notification-toast").allInnerTexts()).map(plain);
  }

  async pressInNotification(text, button) {
    const toast = await this.notification(text);
    await toast.locator(".monaco-button").filter({ hasText: button }).first().click();
  }

  /** The modal dialog that holds this text; waits for it. */
  async dialog(text) {
    const dialog = this.page.locator(".monaco-dialog-box").filter({ hasText: text });
    await dialog.waitFor();
    return dialog;
  }

  async pressInDialog(text, button) {
    const dialog = await this.dialog(text);
    await dialog.locator(".monaco-button").filter({ hasText: button }).first().click();
    await dialog.waitFor({ state: "detached" });
  }

  statusItem(text) {
    return this.page.locator(".part.statusbar .statusbar-item").filter({ hasText: text }).first();
  }

  // -- editors ----------------------------------------------------------------------------------------------------------

  /** Titles of the tabs that are open now, as a screen reader gets them. To wait, use `tab`. */
  tabs() {
    return this.page.locator(".part.editor .tab").evaluateAll((tabs) => tabs.map((tab) => tab.ariaLabel ?? ""));
  }

  async tab(title) {
    const tab = this.page.locator(".part.editor .tab").filter({ hasText: title }).first();
    await tab.waitFor();
    return tab;
  }

  /** Open a file of the folder by its path. */
  async openFile(path) {
    const name = path.split("/").at(-1);
    await until(`${path} in the list of files`, async () => {
      await this.#openQuickly(path, "Control+P");
      await this.#quickRow(name).click({ timeout: scaled(5_000) });
      return true;
    });
    await this.tab(name);
  }

  /** Put text where the cursor is in the active editor, as pasting does. */
  async insert(text) {
    await this.page.locator(".part.editor .editor-group-container.active .monaco-editor.focused").first().waitFor();
    await this.page.keyboard.insertText(text);
  }

  /** Wait until the code editors, those of diffs included, show this on their lines; returns all lines on screen. */
  lines(wanted) {
    const editors = this.page.locator(".part.editor .monaco-editor .view-lines");
    return until(`lines with ${wanted}`, async () => {
      const text = (await editors.allInnerTexts()).join("\n").replaceAll("\u00a0", " ");
      return matches(text, wanted) && text;
    });
  }

  /** The frame of the webview that holds this text; waits for it. */
  webview(selector) {
    return until(`a webview with ${selector}`, async () => {
      for (const frame of this.page.frames()) {
        if (await frame.locator(selector).count()) return frame;
      }
      return undefined;
    });
  }

  /** Close every editor (unsaved text is thrown away), notification and quick input. */
  async tidy() {
    await this.command("Notifications: Clear All Notifications");
    await this.command("View: Close All Editors");
    const throwAway = this.page.locator(".monaco-dialog-box .monaco-button").filter({ hasText: "Don't Save" });
    await until("no editor", async () => {
      if (await throwAway.count()) await throwAway.first().click();
      return (await this.tabs()).length === 0;
    });
    await this.closeQuickInput();
    await this.unfold();
  }

  /** Open the groups of the tree that a click on a row that moved meanwhile has closed. */
  async unfold() {
    const sessions = this.page.locator(".part.sidebar .pane", { has: this.page.locator('[aria-label^="Sessions"]') });
    const closed = sessions.locator('.monaco-list-row[aria-expanded="false"] .monaco-tl-twistie');
    await until("every group open", async () => {
      if (await closed.count()) await closed.first().click({ timeout: scaled(1_000) });
      return (await closed.count()) === 0;
    });
  }
}

/** Label, description and detail of list rows, with a space between. */
async function rowTexts(rows) {
  const parts = await rows.evaluateAll((elements) =>
    elements.map((row) => [...row.querySelectorAll(".label-name, .label-description")].map((part) => part.textContent)),
  );
  return parts.map((texts) => plain(texts.join(" ")));
}

function matches(text, wanted) {
  return typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);
}
