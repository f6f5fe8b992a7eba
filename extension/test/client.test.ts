/** What the client decides before any process is there. */

import assert from "node:assert/strict";
import { delimiter } from "node:path";
import { test } from "node:test";
import { Backoff, DELAYS_MS, WINDOW_MS } from "../src/client/backoff.ts";
import { serverCommand } from "../src/client/command.ts";
import { sessionEnvironment } from "../src/client/environment.ts";
import { Failed, failureOf } from "../src/shared/failure.ts";

test("the fifth failure within three minutes gives up", () => {
  const backoff = new Backoff();
  const delays = [0, 1, 2, 3, 4].map((second) => backoff.failed(second * 1000));
  assert.deepEqual(delays, [...DELAYS_MS, undefined]);
});

test("failures that are long ago do not count", () => {
  const backoff = new Backoff();
  for (let failure = 0; failure < 20; failure += 1) {
    assert.equal(backoff.failed(failure * WINDOW_MS), DELAYS_MS[0]);
  }
});

test("a person's restart begins anew", () => {
  const backoff = new Backoff();
  backoff.failed(0);
  backoff.reset();
  assert.equal(backoff.failed(1), DELAYS_MS[0]);
});

test("only what the allow-list names leaves the window", () => {
  const kept = sessionEnvironment({
    PATH: "/bin",
    LC_ALL: "C",
    XDG_RUNTIME_DIR: "/run",
    ANTHROPIC_API_KEY: "k",
    SOME_API_KEY: "k",
    LD_PRELOAD: "x",
    NODE_OPTIONS: "x",
    GIT_DIR: "x",
    VSCODE_IPC_HOOK: "x",
    HOME: undefined,
  });
  assert.deepEqual(Object.keys(kept), ["PATH", "LC_ALL", "XDG_RUNTIME_DIR", "ANTHROPIC_API_KEY", "SOME_API_KEY"]);
});

test("the configured command wins, else PATH is searched in order, then the usual folders", () => {
  const all = () => true;
  assert.deepEqual(serverCommand(["py", "-m", "segue"], {}, all), { program: "py", args: ["-m", "segue", "lsp"] });
  const environment = { PATH: ["/a", "/b"].join(delimiter), HOME: "/h" };
  const at = (path: string) => serverCommand([], environment, (candidate) => candidate === path)?.program;
  assert.equal(at("/b/segue"), "/b/segue");
  assert.equal(at("/h/.local/bin/segue"), "/h/.local/bin/segue");
  assert.equal(
    serverCommand([], environment, () => false),
    undefined,
  );
});

test("an error of the server keeps its reason, message and action", () => {
  const data = { reason: "not_a_repository", message: "This is no git repository.", action: "Open one." };
  const error = Object.assign(new Error("This is no git repository. Open one."), { code: -32803, data });
  assert.deepEqual(failureOf(error), data);
  assert.deepEqual(failureOf(new Failed(data)), data);
  assert.equal(failureOf("boom").message, "boom");
});
