/** A person who has no mouse. Knows keys and where the focus is; every step waits until the window has taken it. */
import { plain, scaled, until } from "./workbench.mjs";

export class Keyboard {
  /** @param {import("./workbench.mjs").Workbench} window */
  constructor(window) {
    this.window = window;
  }

  press(key) {
    return this.window.page.keyboard.press(key);
  }

  /** Run a command by its title, from wherever the focus is. */
  async run(title) {
    await until(`the palette with ${title}`, async () => {
      await this.press("Escape"); // a palette that is open lists the commands of when it was opened
      await this.press("F1");
      await this.window.page
        .locator(".quick-input-widget:visible input")
        .first()
        .waitFor({ timeout: scaled(2_000) });
      await this.press("Control+A");
      await this.window.page.keyboard.insertText(`>${title}`);
      const first = this.window.page.locator(".quick-input-widget:visible .monaco-list-row").first();
      await first.filter({ hasText: title }).waitFor({ timeout: scaled(3_000) });
      return true;
    });
    await this.press("Enter");
  }

  /** In the pick that asks `question`, narrow down to `text` and take the first row. */
  async pick(question, text) {
    await this.window.asked(question);
    await this.window.page.keyboard.insertText(text);
    const row = this.window.page.locator(".quick-input-widget:visible .monaco-list-row.focused");
    await row.filter({ hasText: text }).first().waitFor();
    await this.press("Enter");
  }

  /** In the input box that asks `question`, type and confirm. */
  async type(question, text) {
    await this.window.asked(question);
    await this.window.page.keyboard.insertText(text);
    await this.press("Enter");
  }

  /** Wait until what has the focus by itself, in the window or in a page of it, is called `name`. */
  async arrives(name, patienceMs = undefined) {
    let seen = "";
    const there = async () => (seen = await this.focused()).includes(name);
    await until(`the focus on ${name}`, there, patienceMs).catch((late) => {
      throw new Error(`${late.message}; it is on "${seen}"`, { cause: late });
    });
  }

  /** Focus the view that `command` focuses, go to the row of `name`, and open it until the focus is on `target`. */
  open({ command, name, target }) {
    return until(`${name} to open`, async () => {
      await this.run(command);
      await this.reach(name, "ArrowDown");
      await this.press("Enter");
      await this.arrives(target, 5_000);
      return true;
    });
  }

  /** Press `key` until the focus is on what is called `name`; gives up after forty. */
  async reach(name, key = "Tab") {
    const names = [];
    for (let presses = 0; presses <= 40; presses += 1) {
      const before = await this.focused();
      if (before.includes(name)) return;
      names.push(before);
      await this.press(key);
      // Neighbours may have one name: then there is nothing to see, and the next key is due.
      await until("the next one", async () => (await this.focused()) !== before, 500).catch(() => undefined);
    }
    throw new Error(`${key} does not lead to ${name}; it leads to ${[...new Set(names)].join(" · ")}`);
  }

  /** Name of the element that has the focus, wherever it is. */
  async focused() {
    const names = await Promise.all(
      this.window.page.frames().map((frame) => frame.evaluate(nameOfFocused).catch(() => "")),
    );
    return plain(names.filter(Boolean).at(-1) ?? "");
  }
}

/** Runs in each frame: a name only where the document itself, and no frame within it, has the focus. */
function nameOfFocused() {
  let element = document.hasFocus() ? document.activeElement : undefined;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  if (!element || element === document.body || element.localName === "iframe") return "";
  const marked = element.getAttribute("aria-activedescendant");
  const named = (marked && document.getElementById(marked)) || element;
  return named.getAttribute("aria-label") || named.getAttribute("label") || named.textContent || "";
}
