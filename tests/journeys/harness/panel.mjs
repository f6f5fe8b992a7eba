/** What a person does in Segue's panel, in one step. Knows Segue's commands and questions; of the DOM only the side bar's edge. */

/** Delegate a one-line prompt to the command agent from `main`. */
export async function delegate(window, prompt) {
  await window.show("Segue");
  await window.command("Segue: Delegate Task…");
  await window.choose("agent", "Command");
  await window.choose("base branch", "main");
  await window.answer("prompt", prompt);
}

/** Drag the side bar's edge until it is that wide. */
export async function narrow(window, width) {
  const { page } = window;
  const bar = await page.locator(".part.sidebar").boundingBox();
  await page.mouse.move(bar.x + bar.width, bar.y + bar.height / 3);
  await page.mouse.down();
  await page.mouse.move(bar.x + width, bar.y + bar.height / 3, { steps: 4 });
  await page.mouse.up();
}

/** The session whose title begins like this, as the terminal sees it. */
export async function find(segue, title) {
  const { sessions } = JSON.parse(await segue("list", "--json"));
  return sessions.find((session) => session.title.startsWith(title));
}
