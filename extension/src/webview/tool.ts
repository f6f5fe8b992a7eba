/** A tool call: one line that opens to what went in, what came out, its diff and its places. */

import { css, html, nothing, type TemplateResult } from "lit";
import type { ImageView, ItemView, ToolContentView } from "../protocol/generated.ts";
import type { Intent } from "../protocol/webview.ts";
import { t } from "../shared/l10n.ts";
import { visible } from "../shared/text.ts";
import { runsOf } from "./ansi.ts";
import { diffLines } from "./smallDiff.ts";
import { pictures } from "./picture.ts";

export interface ToolRow {
  readonly item: ItemView;
  readonly sessionId: string;
  readonly isOpen: boolean;
  readonly send: (intent: Intent) => void;
  readonly toggle: (event: Event) => void;
}

/** Characters of an output, and lines of a diff, that are drawn; what is left out is counted. */
const OUTPUT_LIMIT = 60_000;
const DIFF_LIMIT = 400;

export const toolStyle = css`
  summary {
    cursor: pointer;
    overflow-wrap: anywhere;
  }
  details[open] > .body {
    display: grid;
    gap: 6px;
    padding: 6px 0 6px 12px;
  }
  .body > * {
    min-width: 0;
  }
  .prompt {
    padding: 6px 10px;
    background: var(--vscode-textBlockQuote-background);
    border: 1px solid var(--vscode-contrastBorder, transparent);
    border-inline-start: 3px solid var(--vscode-textLink-foreground);
  }
  .plan ul {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  .notice {
    margin: 0;
    font-style: italic;
    overflow-wrap: anywhere;
  }
`;

export function toolCall(row: ToolRow): TemplateResult {
  const { item, isOpen } = row;
  return html`<details class="tool" @toggle=${row.toggle}>
    <summary>
      <span role="img" aria-label=${statusName(item.status)}>${statusMark(item.status)}</span>
      ${visible(item.title ?? t("Tool call"))} <span class="quiet">${item.toolKind ?? ""}</span>
    </summary>
    ${isOpen ? html`<div class="body">${places(row)}${input(item)}${contents(row)}</div>` : nothing}
  </details>`;
}

function places({ item, send }: ToolRow): TemplateResult | typeof nothing {
  const { locations = [] } = item;
  if (locations.length === 0) {
    return nothing;
  }
  return html`<div>
    ${locations.map(
      ({ path, line }, index) =>
        html`<button class="plain" type="button" @click=${() => send({ type: "openLocation", itemId: item.id, index })}>
            ${visible(path)}${line === undefined ? "" : `:${line}`}</button
          ><br />`,
    )}
  </div>`;
}

function input({ input: given }: ItemView): TemplateResult | typeof nothing {
  return given === undefined || given === ""
    ? nothing
    : html`<div class="quiet">${t("Input")}</div>
        <pre class="output" tabindex="0" aria-label=${t("Input")}>${visible(given)}</pre>`;
}

function contents(row: ToolRow): readonly TemplateResult[] {
  return (row.item.content ?? []).map((content, index) =>
    content.image !== undefined
      ? picture(row, content.image)
      : content.type === "diff"
        ? diff(row, content, index)
        : text(content),
  );
}

function picture({ sessionId, send }: ToolRow, image: ImageView): TemplateResult {
  return html`${pictures({ images: [image], sessionId, words: t("Image from the agent"), isSmall: false, send })}`;
}

function text({ type, text: all }: ToolContentView): TemplateResult {
  const name = type === "terminal" ? t("Terminal") : t("Output");
  const missing = all.length - OUTPUT_LIMIT;
  const runs = runsOf(all.slice(0, OUTPUT_LIMIT));
  const parts = runs.map((run) =>
    run.classes.length === 0 ? run.text : html`<span class=${run.classes.join(" ")}>${run.text}</span>`,
  );
  return html`<div class="quiet">${name}</div>
    <pre class="output" tabindex="0" aria-label=${name}>${parts}${missing > 0 ? more(missing) : ""}</pre>`;
}

function more(missing: number): string {
  return t("… {0} more characters", missing);
}

function diff({ item, send }: ToolRow, content: ToolContentView, index: number): TemplateResult {
  const lines = diffLines(content.oldText, content.text);
  const shown = lines.slice(0, DIFF_LIMIT).map(({ mark, text: line }) => {
    const kind = mark === "+" ? "diff added" : mark === "-" ? "diff removed" : "diff";
    return html`<span class=${kind}>${mark} ${visible(line)}</span>`;
  });
  const missing = lines.length - DIFF_LIMIT;
  const open = () => send({ type: "openDiff", itemId: item.id, index });
  return html`<button class="plain" type="button" @click=${open}>
      ${t("Open the diff of {0}", visible(content.path ?? ""))}
    </button>
    <pre class="output" tabindex="0" aria-label=${t("Diff")}>
${shown}${missing > 0 ? t("… {0} more lines", missing) : ""}</pre>`;
}

function statusMark(status: string | undefined): string {
  switch (status ?? "") {
    case "completed":
      return "✓";
    case "failed":
      return "✗";
    case "cancelled":
      return "⊘";
    default:
      return "▸";
  }
}

function statusName(status: string | undefined): string {
  switch (status ?? "") {
    case "completed":
      return t("done");
    case "failed":
      return t("failed");
    case "cancelled":
      return t("stopped");
    default:
      return t("running");
  }
}
