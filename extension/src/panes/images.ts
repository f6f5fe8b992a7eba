/** Images between a page and the server: attached, shown, opened. Knows files that a person picks; decodes nothing. */

import { commands, Uri, window, workspace } from "vscode";
import type { Server } from "../client/server.ts";
import { addImage, showImage, type ImageView } from "../protocol/generated.ts";
import { IMAGE_BYTES, type Intent, type News } from "../protocol/webview.ts";
import { Failed } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { inert } from "../shared/text.ts";

export type ImageIntent = Extract<Intent, { readonly type: "image" | "openImage" | "attach" | "pickImages" }>;

export function isAboutImages(intent: Intent): intent is ImageIntent {
  return ["image", "openImage", "attach", "pickImages"].includes(intent.type);
}

export async function actOnImages(server: Server, intent: ImageIntent, post: (news: News) => void): Promise<void> {
  const { sessionId } = intent;
  switch (intent.type) {
    case "image":
      post({ type: "image", sessionId, ...(await shown(server, sessionId, intent.hash)) });
      return;
    case "openImage": {
      const { path } = await server.request(showImage, { sessionId, hash: intent.hash });
      await commands.executeCommand("vscode.open", Uri.file(path));
      return;
    }
    case "attach": {
      const { image } = await server.request(addImage, { sessionId, data: intent.data });
      post({ type: "attached", sessionId, images: [image] });
      return;
    }
    case "pickImages": {
      const images: ImageView[] = [];
      for (const data of await picked()) {
        images.push((await server.request(addImage, { sessionId, data })).image);
      }
      post({ type: "attached", sessionId, images });
    }
  }
}

/** One that is gone is shown as that, and does not disturb. */
async function shown(server: Server, sessionId: string, hash: string) {
  try {
    const { image, data } = await server.request(showImage, { sessionId, hash });
    return { image, data };
  } catch {
    return { image: { hash, mimeType: "image/png", size: 0 }, data: "" };
  }
}

async function picked(): Promise<readonly string[]> {
  const filters = { [t("Images")]: ["png", "jpg", "jpeg", "gif", "webp"] };
  const files = await window.showOpenDialog({ canSelectMany: true, openLabel: t("Attach"), filters });
  return Promise.all((files ?? []).map(read));
}

async function read(uri: Uri): Promise<string> {
  const { size } = await workspace.fs.stat(uri);
  if (size > IMAGE_BYTES) {
    const message = t("{0} has {1} MiB; an image may have 5 MiB.", inert(uri.path), (size / 2 ** 20).toFixed(1));
    throw new Failed({ reason: "image_refused", message, action: "" });
  }
  return Buffer.from(await workspace.fs.readFile(uri)).toString("base64");
}
