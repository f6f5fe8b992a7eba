/** The entries of a session, scrolled. Follows the end only while a person is there; asks for what came before. */

import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ItemView } from "../protocol/generated.ts";
import type { Intent } from "../protocol/webview.ts";
import { t } from "../shared/l10n.ts";
import { base } from "./style.ts";
import "./item.ts";

/** Pixels from the end that still count as being there. */
const NEAR = 24;

export class SegueTranscript extends LitElement {
  static override properties = {
    items: { attribute: false },
    sessionId: { attribute: false },
    hasOlder: { attribute: false },
  };
  static override styles = [
    base,
    css`
      :host {
        flex: 1;
        min-height: 0;
        position: relative;
      }
      .scroll {
        height: 100%;
        overflow-y: auto;
        overflow-anchor: none;
        padding: 8px 12px;
      }
      segue-item {
        margin-bottom: 8px;
        content-visibility: auto;
        contain-intrinsic-size: auto 28px;
      }
      .older {
        text-align: center;
        padding-bottom: 8px;
      }
    `,
  ];

  declare items: readonly ItemView[];
  declare sessionId: string;
  declare hasOlder: boolean;
  declare send: (intent: Intent) => void;
  private isAtEnd = true;
  private asked: string | undefined;
  private fromEnd = 0;

  constructor() {
    super();
    this.items = [];
    this.hasOlder = false;
  }

  override render(): TemplateResult {
    return html`<div
      class="scroll"
      role="log"
      aria-live="off"
      tabindex="0"
      aria-label=${t("Transcript")}
      @scroll=${this.scrolled}
    >
      ${
        this.hasOlder
          ? html`<div class="older">
              <button class="plain" type="button" @click=${this.askOlder}>${t("Show what came before")}</button>
            </div>`
          : nothing
      }
      ${repeat(
        this.items,
        ({ id }) => id,
        (item) => html`<segue-item .item=${item} .sessionId=${this.sessionId} .send=${this.send}></segue-item>`,
      )}
    </div>`;
  }

  /** What is added in front must not move what a person reads: the distance to the end is kept. */
  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has("sessionId")) {
      this.isAtEnd = true;
    }
    const { pane: scroll } = this;
    const before = changed.get("items") as readonly ItemView[] | undefined;
    const isPrepended = before?.[0] !== undefined && before[0].id !== this.items[0]?.id;
    this.fromEnd = scroll !== null && isPrepended && !this.isAtEnd ? scroll.scrollHeight - scroll.scrollTop : 0;
  }

  protected override updated(): void {
    const { pane: scroll } = this;
    if (scroll === null) {
      return;
    }
    if (this.isAtEnd) {
      this.toEnd(scroll);
    } else if (this.fromEnd > 0) {
      scroll.scrollTop = scroll.scrollHeight - this.fromEnd;
    }
  }

  private get pane(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>(".scroll");
  }

  /** Entries draw themselves after this one: the end is where it is once they did. */
  private toEnd(scroll: HTMLElement): void {
    scroll.scrollTop = scroll.scrollHeight;
    requestAnimationFrame(() => {
      if (this.isAtEnd) {
        scroll.scrollTop = scroll.scrollHeight;
      }
    });
  }

  private readonly scrolled = (event: Event): void => {
    const { scrollHeight, scrollTop, clientHeight } = event.currentTarget as HTMLElement;
    this.isAtEnd = scrollHeight - scrollTop - clientHeight <= NEAR;
    if (scrollTop < NEAR && this.hasOlder && !this.isAtEnd) {
      this.askOlder();
    }
  };

  private readonly askOlder = (): void => {
    const before = this.items[0]?.id;
    if (before !== undefined && before !== this.asked) {
      this.asked = before;
      this.isAtEnd = false;
      this.send({ type: "older", before });
    }
  };
}

customElements.define("segue-transcript", SegueTranscript);
