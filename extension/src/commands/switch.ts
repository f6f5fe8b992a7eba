/** The switch: to the background, into the editor, or whichever is the other. Says first what will move; the server knows. */

import { window } from "vscode";
import { announce } from "../pairing/bar.ts";
import { previewLink, startLink, stopLink, type LinkPreview, type SessionView } from "../protocol/generated.ts";
import { Cancelled } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { inert } from "../shared/text.ts";
import type { Context } from "./context.ts";
import { linkedFor } from "./pair.ts";
import { sessionFor, sessionIdOf } from "./pick.ts";

/** Bring a session of the background into the editor. */
export async function bringIntoEditor(context: Context, argument: unknown): Promise<void> {
  await change(context, await sessionFor(context, "link", argument));
}

/** Send a linked session to the background. */
export async function sendToBackground(context: Context, argument: unknown): Promise<void> {
  const named = sessionIdOf(argument) !== undefined;
  await change(context, named ? await sessionFor(context, "unlink", argument) : linkedFor(context, argument));
}

/** The one that is named goes where it is not, else the linked one to the background, else one that is picked comes. */
export async function switchSession(context: Context, argument: unknown): Promise<void> {
  const isHere = context.pairing.sessions.length > 0;
  const named = sessionIdOf(argument) !== undefined;
  await change(context, isHere && !named ? linkedFor(context, argument) : await sessionFor(context, "link", argument));
}

async function change({ server }: Context, { id: sessionId, title }: SessionView): Promise<void> {
  const { preview } = await server.request(previewLink, { sessionId });
  if (preview.to === "editor") {
    await ask(preview, t("Bring “{0}” into the editor?", inert(title)), [t("Bring into Editor")]);
    await server.request(startLink, { sessionId });
    announce(t("“{0}” goes on in your editor.", inert(title)));
    return;
  }
  const keepHunks = await askWhatStays(preview, t("Send “{0}” to the background?", inert(title)));
  await server.request(stopLink, { sessionId, keepHunks });
  announce(t("“{0}” goes on in the background.", inert(title)));
}

async function askWhatStays(preview: LinkPreview, question: string): Promise<boolean> {
  const [send, keep] = [t("Send to Background"), t("Keep the Agent's Changes in My Files")];
  return (await ask(preview, question, preview.hunks > 0 ? [send, keep] : [send])) === keep;
}

/**
 * Shows what would be allowed, all of it, and what sending the session to the background moves. What Enter takes shows
 * the request and allows nothing (D43).
 */
export async function askToAllow(
  { server }: Context,
  { id: sessionId, title }: SessionView,
  request: string,
): Promise<"show" | "send" | "keep"> {
  const { preview } = await server.request(previewLink, { sessionId });
  const [show, send] = [t("Show the Request"), t("Allow and Send to Background")];
  const keep = t("Allow, and Keep the Agent's Changes in My Files");
  const question = t("Allow this, and run the rest of “{0}” in the background?", inert(title));
  const whole = { ...preview, sentences: [...request.split("\n"), "", ...preview.sentences] };
  const chosen = await ask(whole, question, preview.hunks > 0 ? [show, send, keep] : [show, send]);
  return chosen === show ? "show" : chosen === keep ? "keep" : "send";
}

/** What was chosen; throws `Cancelled` where nothing was. */
async function ask(preview: LinkPreview, question: string, choices: readonly string[]): Promise<string> {
  const detail = preview.sentences.map(inert).join("\n");
  const chosen = await window.showInformationMessage(question, { modal: true, detail }, ...choices);
  if (chosen === undefined) {
    throw new Cancelled();
  }
  return chosen;
}
