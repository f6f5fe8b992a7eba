/** One entry of a transcript. Renders what it is given; says what a person wants by calling `send`. */

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import type { ItemView, PlanEntryView } from "../protocol/generated.ts";
import type { Intent } from "../protocol/webview.ts";
import { t } from "../shared/l10n.ts";
import { cut, visible } from "../shared/text.ts";
import { htmlOf, isWebLink, TEXT_LIMIT } from "./markdown.ts";
import { pictures } from "./picture.ts";
import { permissionCard, permissionStyle } from "./permission.ts";
import { planCard, planStyle, type Standing } from "./proposal.ts";
import { questionCard, questionStyle } from "./question.ts";
import { base, output, prose } from "./style.ts";
import { toolCall, toolStyle } from "./tool.ts";

export class SegueItem extends LitElement {
  static override properties = {
    item: { attribute: false },
    sessionId: { attribute: false },
    standing: { attribute: false },
    isOpen: { state: true },
  };
  static override styles = [base, output, prose, permissionStyle, planStyle, questionStyle, toolStyle];

  declare item: ItemView;
  declare sessionId: string;
  declare standing: Standing;
  declare send: (intent: Intent) => void;
  declare isOpen: boolean;

  constructor() {
    super();
    this.isOpen = false;
    this.standing = "";
  }

  override render(): TemplateResult {
    const { item } = this;
    switch (item.kind) {
      case "prompt":
        return html`<div class="prompt" role="group" aria-label=${t("You asked")}>
          <pre>${visible(item.text ?? "")}</pre>
          ${this.pictures(t("Image of the prompt"))}
        </div>`;
      case "image":
        return html`${this.pictures(t("Image from the agent"))}`;
      case "message":
        return this.message(item.text ?? "");
      case "thought":
        return this.folded(t("Thought"));
      case "handover":
        return this.folded(t("What Segue told the new agent about the conversation so far"));
      case "tool_call":
        return toolCall(this);
      case "plan":
        return plan(item.entries ?? []);
      case "proposal":
        return html`<div @click=${this.follow} @keydown=${this.follow}>${planCard(this)}</div>`;
      case "permission":
        return permissionCard(this);
      case "question":
        return questionCard(this);
      case "notice":
        return html`<p class="notice quiet">${visible(item.text ?? "")}</p>`;
    }
  }

  readonly toggle = (event: Event): void => {
    this.isOpen = (event.currentTarget as HTMLDetailsElement).open;
  };

  private pictures(words: string) {
    const { sessionId, send } = this;
    return pictures({ images: this.item.images, sessionId, words, isSmall: false, send });
  }

  private folded(title: string): TemplateResult {
    return html`<details class="thought" @toggle=${this.toggle}>
      <summary class="quiet">${title}</summary>
      ${this.isOpen ? html`<pre class="quiet">${visible(this.item.text ?? "")}</pre>` : nothing}
    </details>`;
  }

  private message(text: string): TemplateResult {
    if (text.length > TEXT_LIMIT) {
      return html`<pre>${visible(cut(text, TEXT_LIMIT * 4))}</pre>`;
    }
    return html`<div class="prose" @click=${this.follow} @keydown=${this.follow}>${unsafeHTML(htmlOf(text))}</div>`;
  }

  /** A link does nothing by itself: the host asks, then opens it outside. */
  private readonly follow = (event: Event): void => {
    const link = event.target instanceof Element ? event.target.closest("[data-link]") : null;
    const href = link?.getAttribute("data-link") ?? "";
    const isMeant = event instanceof KeyboardEvent ? event.key === "Enter" : true;
    if (isMeant && isWebLink(href)) {
      event.preventDefault();
      this.send({ type: "openLink", href });
    }
  };
}

function plan(entries: readonly PlanEntryView[]): TemplateResult {
  return html`<section class="plan" aria-label=${t("Plan")}>
    <ul>
      ${entries.map(
        ({ content, status }) =>
          html`<li class=${status === "completed" ? "quiet" : ""}>
            <span role="img" aria-label=${planStatus(status)}>${planMark(status)}</span> ${visible(content)}
          </li>`,
      )}
    </ul>
  </section>`;
}

function planMark(status: string): string {
  return status === "completed" ? "☑" : status === "in_progress" ? "◐" : "☐";
}

function planStatus(status: string): string {
  return status === "completed" ? t("done") : status === "in_progress" ? t("in progress") : t("open");
}

customElements.define("segue-item", SegueItem);
