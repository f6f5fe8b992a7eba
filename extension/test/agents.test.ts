/** A session whose agent wants its user to sign in. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionEnvironment } from "../src/client/environment.ts";
import type { AgentView } from "../src/protocol/generated.ts";
import { agentRow, agentState, inOrder } from "../src/views/agentRows.ts";
import { rowOf } from "../src/views/rows.ts";
import { phrase, session } from "./samples.ts";

test("a session that waits for a sign-in offers it, and says so", () => {
  const status = phrase("waits for you to sign in");
  const waiting = session({ bucket: "needs_you", needsSignIn: true, status, allowed: ["signin", "open"] });
  const row = rowOf(waiting, { nowMs: 0, isHere: true });
  assert.equal(row.icon.name, "account");
  assert.match(row.accessibleName, /waits for you to sign in/);
  assert.match(row.contextValue, /^needs_you\b.*\bsignin\b/);
});

test("what npm and pip are told by the environment goes along", () => {
  const told = { npm_config_registry: "a", PIP_CERT: "b", OTHER: "c" };
  assert.deepEqual(sessionEnvironment(told), { npm_config_registry: "a", PIP_CERT: "b" });
});

function agent(over: Partial<AgentView> = {}): AgentView {
  return {
    name: "gemini",
    title: "Gemini",
    description: "Google's Gemini CLI.",
    isAvailable: true,
    promptHint: "",
    source: "built-in",
    canInstall: true,
    isInstalled: false,
    login: "Run `gemini` once.",
    options: [],
    needsSignIn: false,
    isChecked: false,
    canPlan: true,
    ...over,
  };
}

const MISSING = { isAvailable: false, problem: "Gemini is not installed.", package: "@google/gemini-cli 0.61.0" };
const TROUBLE = { reason: "agent_too_old", message: "It is too old.", action: "Update it." };

for (const [what, over, state, described, verbs] of [
  ["found on PATH", { version: "0.61.0", place: "path" }, "usable", /^0\.61\.0 · on PATH$/, "install check signin new"],
  ["checked", { place: "segue", isChecked: true, isInstalled: true }, "usable", /works$/, "check signin new remove"],
  ["not installed", MISSING, "installable", /Segue can install @google\/gemini-cli 0\.61\.0$/, "install"],
  ["not to be had here", { ...MISSING, canInstall: false }, "missing", /^not installed$/, ""],
  ["not signed in", { needsSignIn: true, trouble: TROUBLE }, "signedOut", /^wants you to sign in$/, "check signin new"],
  ["troubled", { trouble: TROUBLE, canInstall: false }, "troubled", /^It is too old\.$/, "check signin new"],
  ["being installed", { ...MISSING, doing: "install" }, "busy", /at work/, ""],
] as const) {
  test(`the row of an agent that is ${what} says so and offers what helps`, () => {
    const shown = agent(over);
    const row = agentRow(shown);
    assert.equal(agentState(shown), state);
    assert.match(row.description, described);
    const [first, ...offered] = row.contextValue.split(" ");
    assert.equal(first, state);
    for (const verb of verbs.split(" ").filter(Boolean)) {
      assert.ok(offered.includes(verb), `${verb} of ${row.contextValue}`);
    }
    assert.ok(!offered.includes("remove") || shown.isInstalled);
    assert.match(row.accessibleName, /^Gemini, /);
  });
}

test("an agent of the person's own says where it comes from, and what it says is inert", () => {
  const own = agentRow(agent({ title: "[x](command:y) $(bug)", source: "user", definition: "/home/ada/x.toml" }));
  assert.match(own.description, /from a file of yours$/);
  assert.doesNotMatch(own.tooltip, /[^\\]\[x\]/);
  assert.match(own.contextValue, /\bdefine$/);
  assert.match(agentRow(agent({ source: "editor" })).description, /from your settings$/);
});

test("what can be used comes first, then what can be installed", () => {
  const names = inOrder([
    agent({ ...MISSING, name: "c", title: "C", canInstall: false }),
    agent({ ...MISSING, name: "b", title: "B" }),
    agent({ name: "z", title: "Z" }),
    agent({ name: "a", title: "A" }),
  ]).map(({ name }) => name);
  assert.deepEqual(names, ["a", "z", "b", "c"]);
});
