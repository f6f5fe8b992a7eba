/** What a person does in Segue's panel, in one step. Knows Segue's commands and questions; knows no DOM. */

/** Delegate a one-line prompt to the command agent from `main`. */
export async function delegate(window, prompt) {
  await window.show("Segue");
  await window.command("Segue: Delegate Task…");
  await window.choose("agent", "Command");
  await window.choose("base branch", "main");
  await window.answer("prompt", prompt);
}
