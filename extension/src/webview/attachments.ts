/** Images that go along with the prompt that is being written: taken from a paste or a drop, shown, taken away. */

import { css, html, nothing, type TemplateResult } from "lit";
import type { ImageView, SessionView } from "../protocol/generated.ts";
import { IMAGE_BYTES, IMAGES, type Intent } from "../protocol/webview.ts";
import { t } from "../shared/l10n.ts";
import { inert, visible } from "../shared/text.ts";
import { imageName } from "./picture.ts";

export const attachmentStyle = css`
  .attached {
    display: flex;
    flex-wrap: wrap;
    gap: 6px 10px;
    list-style: none;
    margin: 0 0 6px;
    padding: 0;
  }
  .attached li {
    display: flex;
    align-items: center;
    gap: 4px;
  }
`;

interface Attached {
  readonly images: readonly ImageView[];
  readonly sessionId: string;
  readonly send: (intent: Intent) => void;
  readonly remove: (image: ImageView) => void;
}

/** What goes along so far. */
export function attachments({ images, sessionId, send, remove }: Attached): TemplateResult | typeof nothing {
  return images.length === 0
    ? nothing
    : html`<ul class="attached" aria-label=${t("Attached images")}>
        ${images.map((image) => {
          const name = imageName(t("Attached image"), image);
          return html`<li>
            <segue-picture
              small
              .image=${image}
              .sessionId=${sessionId}
              .words=${t("Attached image")}
              .send=${send}
            ></segue-picture>
            <button class="plain" type="button" aria-label=${t("Remove: {0}", name)} @click=${() => remove(image)}>
              ✕
            </button>
          </li>`;
        })}
      </ul>`;
}

/** The image files of a paste or a drop; text that comes along stays text. */
export function imagesOf(transfer: DataTransfer | null): readonly File[] {
  return [...(transfer?.files ?? [])].filter(({ type }) => type.startsWith("image/"));
}

/** Why nothing more can be attached; empty where it can. */
export function obstacle(session: SessionView, count: number): string {
  if (session.takesImages === false) {
    return t("{0} does not take images.", visible(session.agent));
  }
  return count > IMAGES ? t("A prompt may have {0} images.", IMAGES) : "";
}

/** An image as the host takes it, or why it cannot be taken. */
export async function encoded(file: File): Promise<{ readonly data: string } | { readonly problem: string }> {
  if (file.size > IMAGE_BYTES) {
    const megabytes = (file.size / 2 ** 20).toFixed(1);
    return { problem: t("{0} has {1} MiB; an image may have 5 MiB.", inert(file.name), megabytes) };
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return { data: btoa(text) };
}
