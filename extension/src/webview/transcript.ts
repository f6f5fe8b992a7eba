/**
 * The entries of a session, scrolled. Follows the end only while a person is there, and otherwise keeps in place what
 * is read, whatever grows around it; draws a stretch of them and asks for what came before.
 */

import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ItemView } from "../protocol/generated.ts";
import type { Intent } from "../protocol/webview.ts";
import { t } from "../shared/l10n.ts";
import { SegueItem } from "./item.ts";
import type { Standing } from "./proposal.ts";
import { Stretch } from "./visibleRange.ts";
import { base } from "./style.ts";

/** Pixels from the end that still count as being there. */
const NEAR = 24;
/** Entries in front of what is drawn below which more are asked for. */
const FEW = 120;

/** The entry that stands still, and how far below the upper edge. */
interface Anchor {
  readonly entry: Element;
  readonly top: number;
}

export class SegueTranscript extends LitElement {
  static override properties = {
    items: { attribute: false },
    sessionId: { attribute: false },
    hasOlder: { attribute: false },
    standing: { attribute: false },
    isAtEnd: { state: true },
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
      .scroll:focus-visible {
        outline-offset: -1px;
      }
      segue-item {
        margin-bottom: 8px;
      }
      .older {
        text-align: center;
        padding-bottom: 8px;
      }
      .end {
        position: absolute;
        inset-inline-end: 20px;
        bottom: 8px;
      }
    `,
  ];

  declare items: readonly ItemView[];
  declare sessionId: string;
  declare hasOlder: boolean;
  declare standing: Standing;
  declare send: (intent: Intent) => void;
  declare private isAtEnd: boolean;
  private readonly sizes = new ResizeObserver(() => this.resized());
  private stretch = new Stretch<ItemView>();
  private asked: string | undefined;
  private anchor: Anchor | undefined;
  private lastTop = 0;

  constructor() {
    super();
    this.items = [];
    this.hasOlder = false;
    this.standing = "";
    this.isAtEnd = true;
  }

  /** Follow the end from now on. */
  toEnd(): void {
    this.isAtEnd = true;
    this.requestUpdate();
  }

  override render(): TemplateResult {
    return html`<div
        class="scroll"
        role="log"
        aria-live="off"
        tabindex="0"
        aria-label=${t("Transcript")}
        @scroll=${this.scrolled}
        @keydown=${this.pressed}
        @click=${this.clicked}
      >
        <div class="entries">
          ${
            this.hasOlder && this.stretch.before === 0
              ? html`<div class="older">
                  <button class="plain" type="button" @click=${this.askOlder}>${t("Show what came before")}</button>
                </div>`
              : nothing
          }
          ${repeat(
            this.stretch.drawn,
            ({ id }) => id,
            (item) =>
              html`<segue-item
                .item=${item}
                .sessionId=${this.sessionId}
                .standing=${this.standing}
                .send=${this.send}
              ></segue-item>`,
          )}
        </div>
      </div>
      ${
        this.isAtEnd
          ? nothing
          : html`<button class="choice end" type="button" @click=${this.leave}>${t("Go to the end")}</button>`
      }`;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("sessionId")) {
      this.stretch = new Stretch();
      this.isAtEnd = true;
    }
    if (changed.has("items")) {
      this.stretch.take(this.items);
    }
    if (this.isAtEnd) {
      this.stretch.toEnd();
    }
    this.keepFocus();
  }

  protected override firstUpdated(): void {
    for (const element of this.renderRoot.querySelectorAll(".scroll, .entries")) {
      this.sizes.observe(element);
    }
  }

  /** In one go with the entries that are drawn now, so that no scrolling comes in between. */
  protected override updated(): void {
    const entries = [...this.renderRoot.querySelectorAll<SegueItem>("segue-item")];
    void Promise.all(entries.map((entry) => entry.updateComplete)).then(() => this.settle());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
  }

  private get pane(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>(".scroll");
  }

  /** Entries draw themselves after this one and grow when they like: whatever changed a size, this comes before it shows. */
  private settle(): void {
    const { pane, anchor } = this;
    if (pane === null) {
      return;
    }
    if (this.isAtEnd) {
      pane.scrollTop = pane.scrollHeight;
    } else if (anchor?.entry.isConnected === true) {
      // What was scrolled and has not been told yet is not taken back.
      const top = anchor.top + this.lastTop - pane.scrollTop;
      pane.scrollTop += topOf(anchor.entry, pane) - top;
      this.anchor = { entry: anchor.entry, top };
      this.extend(pane);
    }
    this.lastTop = pane.scrollTop;
  }

  private resized(): void {
    this.settle();
    this.isAtEnd ||= this.stretch.isAtEnd && isNearEnd(this.pane);
  }

  /** Only a person scrolls up: when an entry grows or the view is made narrower, the end is followed as before. */
  private readonly scrolled = (): void => {
    const { pane } = this;
    if (pane === null) {
      return;
    }
    const { scrollTop } = pane;
    this.isAtEnd = this.stretch.isAtEnd && (isNearEnd(pane) || (this.isAtEnd && scrollTop >= this.lastTop));
    this.lastTop = scrollTop;
    this.hold(firstIn(pane));
    if (!this.isAtEnd) {
      this.extend(pane);
    }
  };

  /** Draw, and ask for, what will soon be read. */
  private extend({ scrollHeight, scrollTop, clientHeight }: HTMLElement): void {
    const margin = Math.max(clientHeight, 600);
    if (scrollTop < margin && this.stretch.before > 0) {
      this.stretch.earlier();
      this.requestUpdate();
    } else if (scrollHeight - scrollTop - clientHeight < margin && !this.stretch.isAtEnd) {
      this.stretch.later();
      this.requestUpdate();
    }
    if (scrollTop < margin && this.stretch.before < FEW && this.hasOlder) {
      this.askOlder();
    }
  }

  private hold(entry: Element | undefined): void {
    const { pane } = this;
    this.anchor = entry === undefined || pane === null ? undefined : { entry, top: topOf(entry, pane) };
  }

  /** What a person opens stays where it is, also at the end. */
  private readonly clicked = (event: Event): void => {
    const path = event.composedPath();
    const isOpening = path.some((each) => each instanceof HTMLElement && each.localName === "summary");
    const entry = path.find((each) => each instanceof HTMLElement && each.localName === "segue-item");
    if (isOpening && entry instanceof Element) {
      this.isAtEnd = false;
      this.hold(entry);
    }
  };

  private readonly pressed = (event: KeyboardEvent): void => {
    if (event.key === "End" && event.composedPath()[0] === this.pane) {
      event.preventDefault();
      this.toEnd();
    }
  };

  /** The button goes away with its click, and leaves the focus to what it led to. */
  private readonly leave = (): void => {
    this.toEnd();
    this.pane?.focus();
  };

  /** The focus does not fall out of the page with an entry that is drawn no more. */
  private keepFocus(): void {
    const focused = this.shadowRoot?.activeElement;
    if (focused instanceof SegueItem && !this.stretch.drawn.some(({ id }) => id === focused.item.id)) {
      this.pane?.focus();
    }
  }

  private readonly askOlder = (): void => {
    const before = this.items[0]?.id;
    if (before !== undefined && before !== this.asked) {
      this.asked = before;
      this.isAtEnd = false;
      this.send({ type: "older", before });
    }
  };
}

function isNearEnd(pane: HTMLElement | null): boolean {
  return pane !== null && pane.scrollHeight - pane.scrollTop - pane.clientHeight <= NEAR;
}

function topOf(entry: Element, pane: HTMLElement): number {
  return entry.getBoundingClientRect().top - pane.getBoundingClientRect().top;
}

/** The first entry of which something can be seen. */
function firstIn(pane: HTMLElement): Element | undefined {
  const entries = pane.querySelectorAll("segue-item");
  const edge = pane.getBoundingClientRect().top;
  let [low, high] = [0, entries.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.getBoundingClientRect().bottom ?? edge) > edge) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return entries[low];
}

customElements.define("segue-transcript", SegueTranscript);
