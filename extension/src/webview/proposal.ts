/** A plan that waits for a person, line by line. Comments are collected with the session; Enter approves nothing (D43). */

import { css, html, nothing, type TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import type { ItemView, PlanCommentView } from "../protocol/generated.ts";
import type { Intent } from "../protocol/webview.ts";
import { planOutcome } from "../sessions/forms.ts";
import { t } from "../shared/l10n.ts";
import { files, visible } from "../shared/text.ts";
import { blocksOf, htmlOf, type Block } from "./markdown.ts";

/** Where a session stands towards the editor. */
export type Standing = "linked" | "linkable" | "";

export interface PlanCard {
  readonly item: ItemView;
  readonly sessionId: string;
  readonly standing: Standing;
  readonly send: (intent: Intent) => void;
  readonly requestUpdate: () => void;
}

interface Draft {
  /** The block that is commented on, by its first line. */
  at: number | undefined;
  comment: string;
  said: string;
}

/** What is written and not sent; an item that is scrolled away is drawn anew when it comes back. */
const drafts = new Map<string, Draft>();

export const planStyle = css`
  .blocks {
    list-style: none;
    margin: 0 0 8px;
    padding: 0;
  }
  .block {
    display: grid;
    grid-template-columns: 2.5em minmax(0, 1fr) auto;
    gap: 0 6px;
    align-items: baseline;
  }
  .block > .number {
    text-align: end;
    font-variant-numeric: tabular-nums;
    user-select: none;
  }
  .block .prose > :first-child {
    margin-top: 2px;
  }
  .block .prose > :last-child {
    margin-bottom: 2px;
  }
  .block:hover,
  .block:focus-within {
    background: var(--vscode-list-hoverBackground);
  }
  .remark {
    margin: 2px 0 6px 3em;
    padding: 4px 8px;
    border-inline-start: 3px solid var(--vscode-textLink-foreground);
  }
  .remark pre {
    margin-bottom: 2px;
  }
  .blocks textarea,
  .said {
    width: 100%;
    margin: 4px 0;
    font: inherit;
    color: var(--vscode-input-foreground);
    background: var(--vscode-input-background);
    border: 1px solid var(--vscode-input-border, var(--vscode-contrastBorder, var(--vscode-descriptionForeground)));
  }
`;

export function planCard(card: PlanCard): TemplateResult {
  const { text = "", status } = card.item;
  if (status !== undefined) {
    return html`<details class="decided" open>
      <summary>${t("Plan")} <span class="quiet">· ${planOutcome(status)}</span></summary>
      <div class="prose">${unsafeHTML(htmlOf(text))}</div>
    </details>`;
  }
  return html`<section class="card plan-card" role="group" aria-label=${t("Plan to approve")}>
    <h2>${t("Plan to approve")}</h2>
    ${changedNote(card.item.changed ?? 0)}
    <ol class="blocks">
      ${blocksOf(text).map((block) => blockOf(card, block))}
    </ol>
    ${decision(card)}
  </section>`;
}

function changedNote(changed: number): TemplateResult | typeof nothing {
  return changed === 0
    ? nothing
    : html`<p class="notice" role="status">${t("Although it only plans, it changed {0}.", files(changed))}</p>`;
}

function blockOf(card: PlanCard, block: Block): TemplateResult {
  const draft = draftOf(card);
  const { first, last, text } = block;
  const name = first === last ? t("Comment on line {0}", first) : t("Comment on lines {0} to {1}", first, last);
  const begin = () => change(card, { at: draft.at === first ? undefined : first, comment: "" });
  const comments = card.item.comments?.filter((each) => each.first >= first && each.first <= last) ?? [];
  return html`<li>
    <div class="block">
      <span class="number quiet" aria-hidden="true">${first}</span>
      <div class="prose">${unsafeHTML(htmlOf(text))}</div>
      <button class="plain" type="button" aria-label=${name} title=${name} @click=${begin}>${t("Comment")}</button>
    </div>
    ${comments.map((comment) => remark(card, comment))} ${draft.at === first ? editor(card, block, name) : nothing}
  </li>`;
}

function remark(card: PlanCard, { commentId, text }: PlanCommentView): TemplateResult {
  const { sessionId, item } = card;
  const drop = () => card.send({ type: "uncommentPlan", sessionId, key: item.planKey ?? "", commentId });
  return html`<div class="remark" role="note">
    <pre>${visible(text)}</pre>
    <button class="plain" type="button" @click=${drop}>${t("Remove the comment")}</button>
  </div>`;
}

function editor(card: PlanCard, { first, last }: Block, name: string): TemplateResult {
  const { sessionId, item } = card;
  const add = () => {
    const text = draftOf(card).comment.trim();
    if (text !== "") {
      card.send({ type: "commentPlan", sessionId, key: item.planKey ?? "", first, last, text });
      change(card, { at: undefined, comment: "" });
    }
  };
  const typed = (event: Event) => {
    draftOf(card).comment = (event.currentTarget as HTMLTextAreaElement).value;
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      add();
    }
  };
  return html`<div class="remark">
    <textarea
      rows="2"
      autofocus
      aria-label=${name}
      .value=${draftOf(card).comment}
      @input=${typed}
      @keydown=${pressed}
    ></textarea>
    <button class="choice" type="button" @click=${add}>${t("Add Comment")}</button>
  </div>`;
}

/** What refuses stands first, and nothing is decided by Enter. */
function decision(card: PlanCard): TemplateResult {
  const { item, sessionId, standing } = card;
  const key = item.planKey ?? "";
  const count = item.comments?.length ?? 0;
  const decide = (decided: "approved" | "revised" | "rejected") => () => {
    const text = draftOf(card).said.trim();
    card.send({ type: "decidePlan", sessionId, key, decision: decided, ...(text === "" ? {} : { text }) });
  };
  const background = () => card.send({ type: "run", command: "segue.runInBackground" });
  const typed = (event: Event) => change(card, { said: (event.currentTarget as HTMLTextAreaElement).value });
  const canRevise = count > 0 || draftOf(card).said.trim() !== "";
  return html`<textarea
      class="said"
      rows="2"
      aria-label=${t("What else the agent is told of the plan")}
      placeholder=${t("Anything about the plan as a whole")}
      .value=${draftOf(card).said}
      @input=${typed}
    ></textarea>
    <div class="choices answers">
      ${button(t("Reject"), decide("rejected"))} ${button(reviseName(count), decide("revised"), !canRevise)}
      ${button(t("Approve"), decide("approved"))}
      ${standing === "linked" ? button(t("Approve and Run in the Background"), background) : nothing}
      ${
        standing === "linkable"
          ? button(t("Bring into Editor"), () => card.send({ type: "run", command: "segue.switch" }))
          : nothing
      }
    </div>
    <p class="quiet">${t("Space or a click decides; Enter does nothing here.")}</p>`;
}

function reviseName(count: number): string {
  switch (count) {
    case 0:
      return t("Revise");
    case 1:
      return t("Revise with 1 Comment");
    default:
      return t("Revise with {0} Comments", count);
  }
}

function button(name: string, act: () => void, isDisabled = false): TemplateResult {
  return html`<button class="choice" type="button" ?disabled=${isDisabled} @keydown=${noEnter} @click=${act}>
    ${name}
  </button>`;
}

export function noEnter(event: KeyboardEvent): void {
  if (event.key === "Enter") {
    event.preventDefault();
  }
}

function draftOf({ sessionId, item }: PlanCard): Draft {
  const key = `${sessionId}/${item.planKey ?? ""}`;
  const known = drafts.get(key) ?? { at: undefined, comment: "", said: "" };
  drafts.set(key, known);
  return known;
}

function change(card: PlanCard, changes: Partial<Draft>): void {
  Object.assign(draftOf(card), changes);
  card.requestUpdate();
}
