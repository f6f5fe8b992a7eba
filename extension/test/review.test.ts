/** Which files a review shows, and what it says of the others. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChangesetView, FileChangeView } from "../src/protocol/generated.ts";
import { reviewOf } from "../src/review/multiDiff.ts";

function file(over: Partial<FileChangeView>): FileChangeView {
  return { path: "a.py", display: "a.py", status: "modified", kind: "text", ...over };
}

function changeset(files: readonly FileChangeView[], isTruncated = false): ChangesetView {
  const stat = { files: files.length, added: 2, removed: 1 };
  return { sessionId: "bcdfghjk", base: "b", result: "r", stat, files, isTruncated };
}

test("a file that was added or deleted has one side", () => {
  const { title, triples, omissions } = reviewOf(
    "Task",
    changeset([
      file({ path: "new", resultUri: "segue:/s/1/new" }),
      file({ path: "old", oldPath: "was", baseUri: "segue:/s/2/old" }),
      file({ path: "both", baseUri: "segue:/s/3/both", resultUri: "segue:/s/4/both" }),
    ]),
  );
  assert.equal(title, "Task · +2 −1");
  assert.deepEqual(triples, [
    { path: "new", oldPath: "new", original: undefined, modified: "segue:/s/1/new" },
    { path: "old", oldPath: "was", original: "segue:/s/2/old", modified: undefined },
    { path: "both", oldPath: "both", original: "segue:/s/3/both", modified: "segue:/s/4/both" },
  ]);
  assert.deepEqual(omissions, []);
});

test("what is no text is named", () => {
  const { triples, omissions } = reviewOf(
    "Task",
    changeset([
      file({ display: "logo.png", kind: "binary", resultUri: "segue:/s/1/logo.png" }),
      file({ display: "vendored", kind: "submodule" }),
    ]),
  );
  assert.equal(triples.length, 1);
  assert.deepEqual(omissions, ["Not shown as text: logo.png (binary, modified), vendored (submodule, modified)."]);
});

test("a cut list says so", () => {
  assert.deepEqual(reviewOf("Task", changeset([file({ baseUri: "segue:/s/1/a" })], true)).omissions, [
    "Only the first 1 of 1 file are listed.",
  ]);
});
