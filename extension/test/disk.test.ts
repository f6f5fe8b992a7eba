/** What Segue takes on the disk, as a person reads it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ActionView } from "../src/protocol/generated.ts";
import { bytes } from "../src/shared/text.ts";
import { diskRows, diskTotal } from "../src/views/diskRows.ts";

const DAY = 24 * 60 * 60 * 1000;
const MB = 1024 * 1024;
const repository = { repository: "/home/ann/a \u202eproject", bytes: 30 * MB, snapshots: 2, expired: 1 };
const disk = {
  worktrees: 40 * MB,
  runners: 2048,
  images: 1024,
  journal: 3 * MB,
  logs: 10,
  keepDays: 30,
  repositories: [repository],
};
const action: ActionView = {
  sessionId: "bcdfghjk",
  sessionTitle: "Rename the greeting",
  number: 1,
  kind: "rollback",
  title: "Rolled back to before turn 1",
  atMs: 0,
  canUndo: true,
  isUndone: false,
  isExpired: false,
  snapshots: [],
};

test("the largest comes first, with why it is there and when it goes", () => {
  const actions = [{ ...action, expiresMs: 9 * DAY }, { ...action, expiresMs: 5 * DAY - 1 }, action];
  const rows = diskRows({ disk, actions, nowMs: DAY });
  assert.deepEqual(
    rows.map(({ name, size }) => [name.slice(0, 14), size]),
    [
      ["Worktrees", "40 MB"],
      ["Snapshots in a", "30 MB"],
      ["Journal", "3.0 MB"],
      ["What agents sa", "2.0 KB"],
      ["Images", "1.0 KB"],
      ["Logs", "10 bytes"],
    ],
  );
  const [, snapshots] = rows;
  assert.equal(
    snapshots?.why,
    "2 actions have their way back. 1 expired. Kept for 30 days. The next may go in 4 days.",
  );
  assert.doesNotMatch(snapshots.name, /\u202e/, "a folder's name turns nothing around");
  assert.equal(diskTotal(disk), "73 MB");
});

test("where nothing can expire, nothing is said of it", () => {
  const [, snapshots] = diskRows({ disk, actions: [action], nowMs: DAY });
  assert.equal(snapshots?.why, "2 actions have their way back. 1 expired. Kept for 30 days.");
});

test("sizes are short", () => {
  assert.deepEqual([0, 1023, 1024, 99 * MB, 1024 * MB, 2 ** 50].map(bytes), [
    "0 bytes",
    "1023 bytes",
    "1.0 KB",
    "99 MB",
    "1.0 GB",
    "1,048,576 GB",
  ]);
});
