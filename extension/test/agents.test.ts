/** A session whose agent wants its user to sign in. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionEnvironment } from "../src/client/environment.ts";
import { verbsOf } from "../src/sessions/verbs.ts";
import { rowOf } from "../src/views/rows.ts";
import { session } from "./samples.ts";

test("a session that waits for a sign-in offers it, and says so", () => {
  const waiting = session({ bucket: "needs_you", needsSignIn: true });
  assert.ok(verbsOf(waiting).includes("signin"));
  assert.ok(!verbsOf(session({ bucket: "needs_you" })).includes("signin"));
  const row = rowOf(waiting, { nowMs: 0, isHere: true });
  assert.equal(row.icon.name, "account");
  assert.match(row.accessibleName, /waits for you to sign in/);
  assert.match(row.contextValue, /^needs_you\b.*\bsignin\b/);
});

test("what npm and pip are told by the environment goes along", () => {
  const told = { npm_config_registry: "a", PIP_CERT: "b", OTHER: "c" };
  assert.deepEqual(sessionEnvironment(told), { npm_config_registry: "a", PIP_CERT: "b" });
});
