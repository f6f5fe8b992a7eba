/** Notifications: for what is out of sight, once, several as one, and truthful when they are answered too late. */
import assert from "node:assert/strict";
import { journey, until } from "./harness.mjs";
import { find } from "./harness/panel.mjs";

journey("a question that was answered elsewhere says so in its notification", async (stage) => {
  const { window, segue } = stage;
  await window.show("Explorer");
  await segue("new", "--title", "asks early", 'segue-ask "Write a file?" && echo one > one.txt');
  await window.notification("“asks early” asks: Write a file?");
  await window.screenshot("notification-question");
  await segue("answer", (await find(segue, "asks early")).id, "1");
  await until("the answer", async () => (await find(segue, "asks early")).permissions.length === 0);
  await window.pressInNotification("“asks early” asks: Write a file?", "Reject");
  await window.notification("You already answered this question of “asks early”: Allow.");
  await window.screenshot("notification-too-late");
  await window.command("Notifications: Clear All Notifications");

  const script = 'segue-ask "Go on?" && echo on > on.txt';
  await Promise.all(["first of two", "second of two"].map((title) => segue("new", "--title", title, script)));
  await until("both", async () => {
    const asking = await Promise.all(["first of two", "second of two"].map((title) => find(segue, title)));
    return asking.every((session) => session?.permissions.length === 1);
  });
  await until("both to be told", async () => {
    const told = (await window.notifications()).join("\n");
    return told.includes("first of two") && told.includes("second of two");
  });
  await window.screenshot("notification-several");

  await window.reload();
  await window.statusItem("2 waiting").waitFor();
  await segue("new", "--title", "asks afterwards", script);
  await window.notification("“asks afterwards” asks: Go on?");
  const told = (await window.notifications()).join("\n");
  assert.doesNotMatch(told, /of two|asks early/, "what was told before is not told again");
  await window.screenshot("notification-after-reload");
});
