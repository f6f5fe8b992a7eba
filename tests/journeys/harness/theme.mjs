/** Picks a colour theme as a person does. */
import { until } from "./workbench.mjs";

/** Part of the class by which the workbench names its theme. */
const THEMES = { "Light Modern": "light_modern", "Dark Modern": "dark_modern", "Dark High Contrast": "hc_black" };

/** Pick a theme; the picker may come a second time, when it has found out what else there is. */
export async function theme(window, name) {
  await window.command("Preferences: Color Theme");
  await window.asked("Color Theme");
  await until(`the theme ${name}`, async () => {
    if ((await window.question()).includes("Color Theme")) {
      await window.page.keyboard.press("Control+A");
      await window.page.keyboard.type(name);
      await window.page.keyboard.press("Enter");
      const picker = window.page.locator(".quick-input-widget").first();
      await picker.waitFor({ state: "hidden", timeout: 2_000 }).catch(() => undefined);
      return false;
    }
    const shown = await window.page.locator(".monaco-workbench").first().getAttribute("class");
    return shown.includes(THEMES[name]);
  });
}
