/** A request that waits for a person. Everything that is decided on is shown whole; Enter decides nothing (D43). */

import { css, html, nothing, type TemplateResult } from "lit";
import type { ItemView, OptionView, PermissionView } from "../protocol/generated.ts";
import type { Intent } from "../protocol/webview.ts";
import { meaning, rejectFirst } from "../sessions/options.ts";
import { t } from "../shared/l10n.ts";
import { visible } from "../shared/text.ts";

export interface Card {
  readonly item: ItemView;
  readonly sessionId: string;
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
    <h2>${visible(permission.title)}</h2>
    ${facts(permission)}
    <div class="choices">${rejectFirst(permission.options).map((option) => choice(card, permission, option))}</div>
    <p class="quiet">${t("Space or a click answers; Enter does nothing here.")}</p>
  </section>`;
}

function facts({ command, directory, paths }: PermissionView): TemplateResult {
  return html`<dl>
    ${command === undefined ? nothing : fact(t("Command"), [command])}
    ${directory === undefined ? nothing : fact(t("In the directory"), [directory])}
    ${paths.length === 0 ? nothing : fact(t("Files"), paths)}
  </dl>`;
}

function fact(name: string, values: readonly string[]): TemplateResult {
  return html`<dt>${name}</dt>
    <dd>${values.map((value) => html`<pre>${visible(value)}</pre>`)}</dd>`;
}

function choice(card: Card, { requestId }: PermissionView, { optionId, name, kind }: OptionView): TemplateResult {
  const answer = () => card.send({ type: "answer", sessionId: card.sessionId, requestId, optionId });
  return html`<button class="choice" type="button" @keydown=${noEnter} @click=${answer}>
    ${visible(name)} <span class="meaning">(${meaning(kind)})</span>
  </button>`;
}

function noEnter(event: KeyboardEvent): void {
  if (event.key === "Enter") {
    event.preventDefault();
  }
}

function decided(permission: PermissionView): TemplateResult {
  const chosen = permission.options.find(({ optionId }) => optionId === permission.chosen);
  const answer = visible(chosen?.name ?? t("refused"));
  return html`<details class="decided">
    <summary>${visible(permission.title)} <span class="quiet">· ${t("Answered: {0}", answer)}</span></summary>
    ${facts(permission)}
  </details>`;
}
