/** What a person does in a code editor while pairing. Knows keys, lenses and comment threads; knows no command's title. */
import { until } from "./workbench.mjs";

const PREFIX = "Control+Alt+h";

export class Editing {
  /** @param {import("playwright-core").Page} page */
  constructor(page) {
    this.page = page;
  }

  /** Keys in the active editor, focused first: by a click on a line, since its middle may be a comment's. */
  async go(...keys) {
    await this.page
      .locator(".part.editor .monaco-editor .view-line")
      .first()
      .click({ position: { x: 2, y: 5 } });
    await this.press(...keys);
  }

  async press(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** One key after the other, as fast as the editor takes them, or at a pace. */
  async type(text, delay = 0) {
    await this.page.keyboard.type(text, { delay });
  }

  /** Segue's prefix key and one more. */
  async chord(key) {
    await this.press(PREFIX, key);
  }

  /** Wait until so many lenses with this title are on screen. */
  lenses(title, count) {
    const found = this.page.locator(".codelens-decoration a").filter({ hasText: title });
    return until(`${count} lenses ${title}`, async () => (await found.count()) === count);
  }

  async pressLens(title) {
    await this.page.locator(".codelens-decoration a").filter({ hasText: title }).first().click();
  }
}

/** Write into the box that has the focus by itself, as it has behind *Pair Here*, and send it. */
export async function converse(window, text, button = "Send to the Agent") {
  const widget = window.page.locator(".review-widget", {
    has: window.page.locator(".monaco-editor.focused"),
  });
  await widget.waitFor();
  await window.page.keyboard.insertText(text);
  await widget.getByText(button, { exact: true }).first().click();
}
