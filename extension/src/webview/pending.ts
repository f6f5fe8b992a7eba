/** What waits for an answer stands above the composer and stays there, its top first and its choices in sight. */

import { css, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ItemView } from "../protocol/generated.ts";
import type { Intent } from "../protocol/webview.ts";
import { t } from "../shared/l10n.ts";
import type { Standing } from "./proposal.ts";
import "./item.ts";

export const pendingStyle = css`
  .pending {
    flex: 0 1 auto;
    min-height: 0;
    max-height: 75vh;
    overflow-y: auto;
    padding: 8px 12px 0;
    border-top: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, transparent));
  }
  .pending segue-item {
    margin-bottom: 8px;
  }
  .waits .usage {
    display: none;
  }
  @media (max-height: 480px) {
    .waits .actions {
      display: none;
    }
    .waits h1 {
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
    }
    .pending {
      max-height: none;
    }
  }
`;

/** A request, a form or a plan that nobody decided on. */
export function isPending({ kind, permission, question, status }: ItemView): boolean {
  const asked = permission ?? question;
  return kind === "proposal" ? status === undefined : asked !== undefined && asked.decidedBy === undefined;
}

export interface Waiting {
  readonly items: readonly ItemView[];
  readonly sessionId: string;
  readonly standing: Standing;
  readonly send: (intent: Intent) => void;
}

export function pendingCards({ items, sessionId, standing, send }: Waiting): TemplateResult | typeof nothing {
  return items.length === 0
    ? nothing
    : html`<div class="pending" role="region" tabindex="-1" aria-label=${t("Waits for you")}>
        ${repeat(
          items,
          ({ id }) => id,
          (item) =>
            html`<segue-item .item=${item} .sessionId=${sessionId} .standing=${standing} .send=${send}></segue-item>`,
        )}
      </div>`;
}
