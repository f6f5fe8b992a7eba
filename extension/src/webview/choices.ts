/** What can be chosen of the agent: its model and mode at once, whatever else it offers behind a button. */

import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";
import type { ConfigOptionView, ConfigValueView } from "../protocol/generated.ts";
import type { Intent } from "../protocol/webview.ts";
import { t } from "../shared/l10n.ts";
import { base } from "./style.ts";

const FIRST: readonly (string | undefined)[] = ["model", "mode"];

export class SegueChoices extends LitElement {
  static override properties = {
    sessionId: { attribute: false },
    options: { attribute: false },
    isDisabled: { attribute: false },
    isOpen: { state: true },
  };
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 10px;
        align-items: center;
      }
      label {
        display: inline-flex;
        align-items: center;
        gap: 4px;
        max-width: 100%;
      }
      select {
        min-width: 0;
        max-width: 14em;
        font: inherit;
        padding: 1px 2px;
        color: var(--vscode-dropdown-foreground, var(--vscode-foreground));
        background: var(--vscode-dropdown-background);
        border: 1px solid var(--vscode-dropdown-border, var(--vscode-contrastBorder, transparent));
        border-radius: 2px;
        text-overflow: ellipsis;
      }
    `,
  ];

  declare sessionId: string;
  declare options: readonly ConfigOptionView[];
  declare isDisabled: boolean;
  declare isOpen: boolean;
  declare send: (intent: Intent) => void;

  constructor() {
    super();
    this.options = [];
    this.isDisabled = false;
    this.isOpen = false;
  }

  override render(): TemplateResult {
    const first = FIRST.flatMap((category) => this.options.find((option) => option.category === category) ?? []);
    const others = this.options.filter((option) => !first.includes(option));
    const shown = this.isOpen ? [...first, ...others] : first;
    return html`${repeat(
      shown,
      ({ optionId }) => optionId,
      (option) => this.choice(option),
    )}
    ${
      others.length === 0
        ? nothing
        : html`<button
            class="plain"
            type="button"
            aria-expanded=${this.isOpen ? "true" : "false"}
            @click=${() => (this.isOpen = !this.isOpen)}
          >
            ${this.isOpen ? t("Fewer Options") : t("More Options")}
          </button>`
    }`;
  }

  private choice(option: ConfigOptionView): TemplateResult {
    const { name, values, current, description, optionId } = option;
    if (values.length === 0) {
      return html`<span title=${description ?? nothing}><span class="quiet">${name}</span> ${current}</span>`;
    }
    const isKnown = values.some(({ value }) => value === current);
    const known = isKnown ? values : [{ value: current, name: current }, ...values];
    const about = known.find(({ value }) => value === current)?.description ?? description;
    const choose = (event: Event) => {
      const { value } = event.currentTarget as HTMLSelectElement;
      this.send({ type: "configure", sessionId: this.sessionId, optionId, value });
    };
    return html`<label title=${about ?? nothing}
      ><span class="quiet">${name}</span>
      <select aria-label=${name} @change=${choose} ?disabled=${this.isDisabled}>
        ${grouped(known).map(([group, members]) =>
          group === undefined
            ? members.map((value) => entry(value, current))
            : html`<optgroup label=${group}>${members.map((value) => entry(value, current))}</optgroup>`,
        )}
      </select></label
    >`;
  }
}

/** `live`, because a value that the agent refuses was picked by the person all the same. */
function entry({ value, name, description }: ConfigValueView, current: string): TemplateResult {
  return html`<option value=${value} title=${description ?? nothing} .selected=${live(value === current)}>
    ${name}
  </option>`;
}

/** Values under their headings, in the agent's order. */
function grouped(
  values: readonly ConfigValueView[],
): readonly (readonly [string | undefined, readonly ConfigValueView[]])[] {
  const groups: [string | undefined, ConfigValueView[]][] = [];
  for (const value of values) {
    const last = groups.at(-1);
    if (last !== undefined && last[0] === value.group) {
      last[1].push(value);
    } else {
      groups.push([value.group, [value]]);
    }
  }
  return groups;
}

customElements.define("segue-choices", SegueChoices);
