/** Looks once at the window of `make demo`, for `tools/demo.py --check`: `node demo.mjs URL`. */
import { join } from "node:path";
import { launchBrowser, openPage } from "./browser.mjs";
import { makeScratch, removeScratch, ROOT } from "./processes.mjs";
import { Workbench } from "./workbench.mjs";

const scratch = makeScratch();
const browser = await launchBrowser(scratch);
try {
  const window = new Workbench(await openPage(browser), join(ROOT, "artifacts"));
  await window.open(process.argv[2]);
  await window.show("Segue");
  await window.text("Delegate");
  await window.page.screenshot({ path: join(ROOT, "artifacts", "demo.png"), animations: "disabled" });
} finally {
  await browser.close();
  removeScratch(scratch);
}
