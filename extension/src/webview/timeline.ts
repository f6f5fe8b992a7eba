/** The turns of a session with their times and checkpoints. */

import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import type { SessionView, TurnView } from "../protocol/generated.ts";
import type { Intent } from "../protocol/webview.ts";
import { costExplained, tokensText, usageText } from "../sessions/usage.ts";
import { t } from "../shared/l10n.ts";
import { cut, inert } from "../shared/text.ts";
import { base } from "./style.ts";

export class SegueTimeline extends LitElement {
  static override properties = { session: { attribute: false }, turns: { attribute: false } };
  static override styles = [
    base,
    css`
      :host {
        display: block;
        flex: 0 1 auto;
        min-height: 0;
        max-height: 40vh;
        overflow-y: auto;
        border-bottom: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, transparent));
      }
      ol {
        list-style: none;
        margin: 0;
        padding: 8px 12px;
      }
      li {
        margin-bottom: 8px;
        overflow-wrap: anywhere;
      }
      p {
        margin: 8px 12px 0;
        overflow-wrap: anywhere;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 12px;
      }
    `,
  ];

  declare session: SessionView | undefined;
  declare turns: readonly TurnView[];
  declare send: (intent: Intent) => void;

  constructor() {
    super();
    this.session = undefined;
    this.turns = [];
  }

  override render(): TemplateResult {
    const { session } = this;
    const isTotal = session !== undefined && this.turns.length > 0;
    return html`${isTotal ? html`<p class="quiet">${t("In all: {0}", usageText(session))}</p>` : nothing}
      <ol aria-label=${t("Timeline")} tabindex="0">
        ${this.turns.map((turn) => this.turn(turn))}
      </ol>`;
  }

  private turn(turn: TurnView): TemplateResult {
    const show = () => this.send({ type: "showTurn", turn: turn.number });
    const rollBack = () => this.send({ type: "rollBack", turn: turn.number });
    const isMeasured = turn.before !== undefined && turn.after !== undefined;
    return html`<li>
      <div><strong>${t("Turn {0}", turn.number)}</strong> ${inert(cut(turn.prompt, 160))}</div>
      <div class="quiet">
        ${[timeOf(turn), outcome(turn), ...usageOf(turn), checkpoints(turn)].filter(Boolean).join(" · ")}
      </div>
      ${
        isMeasured
          ? html`<div class="actions">
              <button class="plain" type="button" @click=${show}>${t("Show Changes of This Turn")}</button>
              <button class="plain" type="button" @click=${rollBack}>${t("Roll Back to Before This Turn")}</button>
            </div>`
          : nothing
      }
    </li>`;
  }
}

function timeOf({ startedMs, endedMs }: TurnView): string {
  const started = new Date(startedMs).toLocaleString();
  return endedMs === undefined ? started : `${started} (${duration(endedMs - startedMs)})`;
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 60 ? t("{0} s", seconds) : t("{0} min {1} s", Math.floor(seconds / 60), seconds % 60);
}

function outcome({ stopReason }: TurnView): string {
  if (stopReason === undefined) {
    return t("running");
  }
  switch (stopReason) {
    case "end_turn":
      return t("done");
    case "cancelled":
      return t("stopped");
    case "_interrupted":
      return t("interrupted");
    case "_failed":
      return t("failed");
    case "max_tokens":
    case "max_turn_requests":
      return t("ran out of room");
    case "refusal":
      return t("refused");
  }
}

/** What the turn took; while it runs, what is not known yet is left out. */
function usageOf({ stopReason, tokens, cost }: TurnView): readonly string[] {
  const isOver = stopReason !== undefined;
  return [
    isOver || tokens !== undefined ? t("Tokens: {0}", tokensText(tokens)) : "",
    isOver || cost !== undefined ? t("Cost: {0}", costExplained(cost)) : "",
  ];
}

function checkpoints({ before, after }: TurnView): string {
  return [before, after].flatMap((commit) => (commit === undefined ? [] : [commit.slice(0, 10)])).join(" → ");
}

customElements.define("segue-timeline", SegueTimeline);
