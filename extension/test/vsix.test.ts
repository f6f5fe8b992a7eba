/** The same sources give the same package. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const EXTENSION = fileURLToPath(new URL("..", import.meta.url));
const WRITTEN = ["package.json", "package.nls.json", "README.md", "media"];
const BUILT = ["extension.cjs", "webview.js", "NOTICES.txt", "l10n/bundle.l10n.json", "server/segue.whl"];

test("a package has the same bytes in every time zone", () => {
  const root = mkdtempSync(join(tmpdir(), "segue-vsix-"));
  try {
    const folder = join(root, "extension");
    for (const name of WRITTEN) {
      cpSync(join(EXTENSION, name), join(folder, name), { recursive: true });
    }
    cpSync(join(EXTENSION, "..", "LICENSE"), join(root, "LICENSE"));
    for (const name of BUILT) {
      mkdirSync(dirname(join(folder, "dist", name)), { recursive: true });
      writeFileSync(join(folder, "dist", name), name);
    }
    const packed = ["UTC", "Asia/Tokyo", "America/St_Johns"].map((zone) => {
      const env = { ...process.env, TZ: zone };
      execFileSync(process.execPath, [join(EXTENSION, "scripts", "vsix.ts")], { cwd: folder, env });
      return readFileSync(join(folder, "dist", "segue.vsix")).toString("base64");
    });
    assert.equal(new Set(packed).size, 1);
  } finally {
    rmSync(root, { recursive: true });
  }
});
