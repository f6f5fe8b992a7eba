/** An image of a prompt or an answer: asked for by its hash, shown from a data URI, never from an address. */

import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import type { ImageView } from "../protocol/generated.ts";
import type { Intent, News } from "../protocol/webview.ts";
import { t } from "../shared/l10n.ts";
import { listen } from "./host.ts";
import { base } from "./style.ts";

export class SeguePicture extends LitElement {
  static override properties = {
    image: { attribute: false },
    sessionId: { attribute: false },
    words: { attribute: false },
    isSmall: { type: Boolean, attribute: "small", reflect: true },
    data: { state: true },
  };
  static override styles = [
    base,
    css`
      :host {
        display: inline-block;
        max-width: 100%;
        vertical-align: middle;
      }
      img {
        display: block;
        max-width: 100%;
        max-height: 320px;
        border: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, transparent));
      }
      :host([small]) img {
        max-width: 64px;
        max-height: 48px;
      }
    `,
  ];

  declare image: ImageView;
  declare sessionId: string;
  /** Whose it is. */
  declare words: string;
  declare isSmall: boolean;
  declare send: (intent: Intent) => void;
  /** Base64; empty where it is gone. */
  declare private data: string | undefined;
  private asked = "";
  private unlisten: (() => void) | undefined;

  constructor() {
    super();
    this.words = "";
    this.isSmall = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.unlisten = listen((news) => this.take(news));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unlisten?.();
    this.data = undefined;
    this.asked = "";
  }

  override render(): TemplateResult {
    const { data, image } = this;
    const name = imageName(this.words, image);
    if (data === undefined || data === "") {
      return html`<span class="quiet">${data === "" ? t("{0}: it is gone", name) : name}</span>`;
    }
    const { sessionId } = this;
    const open = () => this.send({ type: "openImage", sessionId, hash: image.hash });
    const shown = html`<img src=${`data:${image.mimeType};base64,${data}`} alt=${name} />`;
    return html`<button class="plain" type="button" title=${t("Open in a tab")} @click=${open}>${shown}</button>`;
  }

  protected override updated(): void {
    if (this.isConnected && this.asked !== this.image.hash) {
      this.asked = this.image.hash;
      this.data = undefined;
      this.send({ type: "image", sessionId: this.sessionId, hash: this.image.hash });
    }
  }

  private take(news: News): void {
    if (news.type === "image" && news.sessionId === this.sessionId && news.image.hash === this.image.hash) {
      this.data = news.data;
    }
  }
}

/** An image in words: whose, what, how large. */
export function imageName(words: string, { mimeType, size }: ImageView): string {
  return `${words}, ${mimeType}, ${Math.max(1, Math.round(size / 1000))} kB`;
}

export interface Pictures {
  readonly images: readonly ImageView[] | undefined;
  readonly sessionId: string;
  readonly words: string;
  readonly isSmall: boolean;
  readonly send: (intent: Intent) => void;
}

export function pictures({ images = [], sessionId, words, isSmall, send }: Pictures) {
  return images.length === 0
    ? nothing
    : html`<div class="pictures">
        ${images.map(
          (image) =>
            html`<segue-picture
              .image=${image}
              .sessionId=${sessionId}
              .words=${words}
              .isSmall=${isSmall}
              .send=${send}
            ></segue-picture>`,
        )}
      </div>`;
}

customElements.define("segue-picture", SeguePicture);
