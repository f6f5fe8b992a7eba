/** Which Python is taken, where the environment belongs, and what is said where there is none. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { candidates, isFit, unfit } from "../src/client/python.ts";
import { dataDirectory, isComplete, readShipped } from "../src/client/bundledServer.ts";

const told = (minor: number, hasVenv = true) => ({ version: [3, minor, 4], hasVenv });

test("the Python extension's choice comes first, then PATH by name, newest names first", () => {
  const found = candidates("/opt/chosen/python", "/a:/b", []);
  assert.deepEqual(found.slice(0, 4), ["/opt/chosen/python", "/a/python3", "/b/python3", "/a/python3.15"]);
  assert.equal(found.at(-1), "/b/python");
});

test("no Python that the workspace holds is run, and none of a relative PATH entry (S2)", () => {
  const found = candidates("/work/project/.venv/bin/python", ".:bin:/work/project/bin:/usr/bin", ["/work/project"]);
  assert.ok(found.every((path) => path.startsWith("/usr/bin/")));
});

test("a Python fits from 3.11 on, with venv and ensurepip", () => {
  assert.ok(isFit({ path: "/p", told: told(11) }));
  assert.ok(isFit({ path: "/p", told: { version: [4, 0, 0], hasVenv: true } }));
  assert.ok(!isFit({ path: "/p", told: told(10) }));
  assert.ok(!isFit({ path: "/p", told: told(12, false) }));
  assert.ok(!isFit({ path: "/p", told: undefined }));
});

for (const [what, probes, configured, reason, text] of [
  ["nothing", [], "", "python_missing", /no Python was found/],
  ["an old one", [{ path: "/old", told: told(9) }], "", "python_missing", /only 3\.9\.4 was found \(\/old\)/],
  ["no venv", [{ path: "/bare", told: told(12, false) }], "", "python_without_venv", /\/bare lacks/],
  ["a bad setting", [], "/gone", "python_missing", /names \/gone, which does not run/],
  ["an old setting", [{ path: "/old", told: told(9) }], "/old", "python_missing", /which is Python 3\.9\.4/],
] as const) {
  test(`${what}: one sentence says so, another what to do`, () => {
    const failure = unfit(probes, configured);
    assert.equal(failure.reason, reason);
    assert.match(failure.message, text);
    assert.notEqual(failure.action, "");
  });
}

test("the data directory is the one that the server finds", () => {
  const environments = [
    { HOME: "/home/ada" },
    { HOME: "/home/ada", XDG_DATA_HOME: "/data" },
    { HOME: "/home/ada", XDG_DATA_HOME: "relative" },
    { HOME: "/home/ada", XDG_DATA_HOME: "/data", SEGUE_DATA_DIR: "/own/" },
  ];
  const script =
    "import json, sys; from segue import places; print(places.find(json.loads(sys.argv[1]), sys.argv[2]).data)";
  const python = new URL("../../.venv/bin/python", import.meta.url).pathname;
  for (const environment of environments) {
    for (const platform of ["linux", "darwin"] as const) {
      const server = execFileSync(python, ["-c", script, JSON.stringify(environment), platform], { encoding: "utf8" });
      assert.equal(dataDirectory(environment, platform, environment.HOME), server.trim());
    }
  }
});

test("an extension that was built without a server says so, and no half-built environment is used", () => {
  assert.equal(readShipped("/nowhere"), undefined);
  assert.equal(isComplete("/nowhere"), false);
});
