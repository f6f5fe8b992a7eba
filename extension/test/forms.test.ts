/** Forms of agents: what is missing, and what is sent. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { given, hintOf, initial, problems } from "../src/sessions/forms.ts";
import { question } from "./samples.ts";

const asked = question();

function wrong(name: string, ...values: readonly string[]): string | undefined {
  return problems(asked, new Map([...initial(asked), ["language", ["py"]], [name, values]])).get(name);
}

test("each field has one clear problem, as the server would say it", () => {
  assert.equal(wrong("language"), "An answer is needed.");
  assert.equal(wrong("extras", "py", "ts"), "Choose at most 1.");
  assert.equal(wrong("name", "x"), "At least 2 characters.");
  assert.equal(wrong("count", "9"), "At most 5.");
  assert.equal(wrong("count", "1.5"), "Answer with a whole number.");
  assert.equal(wrong("count", "many"), "Answer with a whole number.");
  assert.equal(wrong("name", ""), undefined, "what is not required may stay empty");
});

test("defaults stand there, and what is left empty is not sent", () => {
  const values = new Map([...initial(asked), ["language", ["ts"]], ["name", [""]], ["count", [""]]]);
  assert.deepEqual(given(asked, values), [
    { name: "language", values: ["ts"] },
    { name: "dry", values: ["true"] },
  ]);
});

test("a field says what it takes", () => {
  assert.deepEqual(asked.fields.map(hintOf), [
    "",
    "at most 1 of these",
    "at least 2 characters",
    "a whole number, 1 to 5",
    "",
  ]);
});
