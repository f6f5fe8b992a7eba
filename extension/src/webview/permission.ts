/** A request that waits for a person. Everything that is decided on is shown whole; Enter decides nothing (D43). */

import { css, html, nothing, type TemplateResult } from "lit";
import type { ItemView, OptionView, PermissionView } from "../protocol/generated.ts";
import type { Intent } from "../protocol/webview.ts";
import { t, told } from "../shared/l10n.ts";
import { shortened, visible } from "../shared/text.ts";
import { noEnter, type Standing } from "./proposal.ts";

/** Characters of a title above the facts. */
const TITLE_WIDTH = 200;

export interface Card {
  readonly item: ItemView;
  readonly sessionId: string;
  readonly standing: Standing;
  readonly send: (intent: Intent) => void;
}

export const permissionStyle = css`
  .card {
    border: 1px solid var(--vscode-contrastBorder, var(--vscode-inputValidation-warningBorder, currentColor));
    border-inline-start-width: 4px;
    padding: 8px 10px;
  }
  .card h2 {
    margin: 0 0 6px;
    font-size: 1em;
    overflow-wrap: anywhere;
  }
  .card dl {
    margin: 0 0 8px;
  }
  .card dt {
    color: var(--vscode-descriptionForeground);
  }
  .card dd {
    margin: 0 0 4px;
  }
  .card > .answers {
    position: sticky;
    bottom: 0;
    padding: 6px 0;
    background: var(--segue-background, var(--vscode-editor-background));
  }
  .card .elsewhere {
    margin-top: 6px;
  }
  .card .always {
    margin: 8px 0 0;
  }
  .card .always summary {
    cursor: pointer;
  }
  .card .always .choices {
    flex-direction: column;
    align-items: stretch;
    margin-top: 6px;
  }
  .card .always button {
    text-align: start;
    white-space: normal;
    overflow-wrap: anywhere;
  }
  .card .reason {
    box-sizing: border-box;
    width: 100%;
    margin: 6px 0;
    font: inherit;
    color: var(--vscode-input-foreground);
    background: var(--vscode-input-background);
    border: 1px solid var(--vscode-input-border, var(--vscode-contrastBorder, transparent));
  }
  .choices {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
`;

export function permissionCard(card: Card): TemplateResult {
  const { permission } = card.item;
  if (permission === undefined) {
    return html``;
  }
  return permission.decidedBy === undefined ? open(card, permission) : decided(permission);
}

function open(card: Card, permission: PermissionView): TemplateResult {
  return html`<section class="card" role="group" aria-label=${t("The agent asks: {0}", visible(permission.title))}>
    <h2>${shortened(visible(permission.title), TITLE_WIDTH)}</h2>
    ${factsOf(permission)}${wholeTitle(permission)}${timeLimit(permission)}
    <div class="choices answers">${permission.options.map((option) => choice(card, permission, option))}</div>
    ${elsewhere(card, permission)}${fromNowOn(card, permission)}${withReason(card, permission)}
    <p class="quiet">${t("Space or a click answers; Enter does nothing here.")}</p>
  </section>`;
}

/** An agent's long title must not push the command out of sight, so all of it comes below. */
function wholeTitle({ title }: PermissionView): TemplateResult | typeof nothing {
  const whole = visible(title);
  return shortened(whole, TITLE_WIDTH) === whole ? nothing : html`<dl>${fact(t("The whole title"), [whole])}</dl>`;
}

function timeLimit({ expiresMs }: PermissionView): TemplateResult | typeof nothing {
  return expiresMs === undefined
    ? nothing
    : html`<p class="quiet">${t("Denied at {0}, if nobody answers before.", new Date(expiresMs).toLocaleString())}</p>`;
}

/** Where the session goes on: a linked one may run the rest in the background, another one may be brought here. */
function elsewhere(card: Card, { options }: PermissionView): TemplateResult | typeof nothing {
  const canAllow = options.some(({ kind }) => kind === "allow_once");
  if (card.standing === "" || (card.standing === "linked" && !canAllow)) {
    return nothing;
  }
  const isLinked = card.standing === "linked";
  const run = () => card.send({ type: "run", command: isLinked ? "segue.runInBackground" : "segue.switch" });
  return html`<div class="choices elsewhere">
    <button class="choice" type="button" @keydown=${noEnter} @click=${run}>
      ${isLinked ? t("Allow and Run the Rest in the Background…") : t("Bring into Editor")}
    </button>
  </div>`;
}

/** What Segue can remember, named exactly; each row answers at once and is a rule from then on. */
function fromNowOn(card: Card, { requestId, options, remember }: PermissionView): TemplateResult | typeof nothing {
  const once = options.find(({ kind }) => kind === "allow_once");
  if (once === undefined || remember.length === 0) {
    return nothing;
  }
  const rows = remember.map(({ id, about, where }) => {
    const { sessionId } = card;
    const answer = () => card.send({ type: "answer", sessionId, requestId, optionId: once.optionId, remember: id });
    return html`<button class="choice" type="button" @keydown=${noEnter} @click=${answer}>
      ${visible(about)} <span class="meaning">(${visible(where)})</span>
    </button>`;
  });
  return html`<details class="always">
    <summary>${t("Allow from now on…")}</summary>
    <div class="choices">${rows}</div>
  </details>`;
}

function withReason(card: Card, { requestId, options }: PermissionView): TemplateResult | typeof nothing {
  const refusal = options.find(({ kind }) => kind === "reject_once");
  if (refusal === undefined) {
    return nothing;
  }
  const refuse = (event: Event) => {
    const box = (event.currentTarget as HTMLElement).parentElement?.querySelector("textarea");
    const reason = box?.value.trim() ?? "";
    const { sessionId } = card;
    const { optionId } = refusal;
    card.send({ type: "answer", sessionId, requestId, optionId, ...(reason === "" ? {} : { reason }) });
  };
  return html`<details class="always">
    <summary>${t("Refuse with a reason…")}</summary>
    <textarea class="reason" rows="2" aria-label=${t("What the agent is told after its turn")}></textarea>
    <button class="choice" type="button" @keydown=${noEnter} @click=${refuse}>${t("Refuse")}</button>
  </details>`;
}

function factsOf({ facts }: PermissionView): TemplateResult {
  return html`<dl>${facts.map(({ name, values }) => fact(told(name), values))}</dl>`;
}

function fact(name: string, values: readonly string[]): TemplateResult {
  return html`<dt>${name}</dt>
    <dd>${values.map((value) => html`<pre>${visible(value)}</pre>`)}</dd>`;
}

function choice(card: Card, { requestId }: PermissionView, { optionId, name, effect }: OptionView): TemplateResult {
  const answer = () => card.send({ type: "answer", sessionId: card.sessionId, requestId, optionId });
  return html`<button class="choice" type="button" @keydown=${noEnter} @click=${answer}>
    ${visible(name)} <span class="meaning">(${told(effect)})</span>
  </button>`;
}

function decided(permission: PermissionView): TemplateResult {
  const chosen = permission.options.find(({ optionId }) => optionId === permission.chosen);
  const answer = visible(chosen?.name ?? t("refused"));
  const { rule, remembered, reason } = permission;
  return html`<details class="decided">
    <summary>${visible(permission.title)} <span class="quiet">· ${t("Answered: {0}", answer)}</span></summary>
    ${factsOf(permission)}
    <dl>
      ${rule === undefined ? nothing : fact(t("Decided by the rule"), [rule])}
      ${remembered === undefined ? nothing : fact(t("Remembered"), [remembered])}
      ${reason === undefined ? nothing : fact(t("Reason"), [reason])}
    </dl>
  </details>`;
}
