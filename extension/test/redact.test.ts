/** What is given away holds no secret: known values, and what looks like one. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { redact } from "../src/shared/redact.ts";

const known = {
  environment: { MY_API_KEY: "correct horse battery", PATH: "/usr/bin:/bin", SHORT_TOKEN: "on" },
  home: "/home/ada",
};

for (const secret of [
  "correct horse battery",
  "sk-ant-api03-abcdefghijklmnop",
  "ghp_abcdefghijklmnopqrstuvwxyz012345",
  "github_pat_11ABCDEFG0123456789_abcdef",
  "glpat-abcdefghijklmnop",
  "AKIAIOSFODNN7EXAMPLE",
  "AIzaSyA-0123456789abcdefghijklmnopqrstuv",
  "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
  "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
  "-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA cut off here",
]) {
  test(`${secret.slice(0, 20)}… does not go along`, () => {
    assert.equal(redact(`before ${secret} after`, known).includes(secret.slice(4, 40)), false);
  });
}

test("named values, headers and URLs lose what is secret and keep the rest", () => {
  assert.equal(redact("Authorization: Bearer abc.def.ghi", known), "Authorization: Bearer ‹removed›");
  assert.equal(redact("https://ada:hunter22@host/x", known), "https://‹removed›@host/x");
  assert.equal(redact('"access_token": "abcdef", "x": 1', known), '"access_token": "‹removed›", "x": 1');
  assert.equal(redact("DB_PASSWORD=hunter22 next", known), "DB_PASSWORD=‹removed› next");
  assert.equal(redact("by ada@example.invalid", known), "by ‹address›");
});

test("what is no secret stays, and the home directory is not named", () => {
  assert.equal(redact("turn 3 of bcdfghjk ended on 2026-01-01", known), "turn 3 of bcdfghjk ended on 2026-01-01");
  assert.equal(redact("/home/ada/src in /usr/bin", known), "~/src in /usr/bin");
});
