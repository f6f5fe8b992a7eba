/** The agent's slash commands while one is being typed: which fit, which is picked. Keys come from the composer. */

import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { classMap } from "lit/directives/class-map.js";
import type { CommandView } from "../protocol/generated.ts";
import { t } from "../shared/l10n.ts";
import { visible } from "../shared/text.ts";
import { base } from "./style.ts";

/** Commands that fit what stands in the composer: none unless it is one word behind a slash. */
export function fitting(commands: readonly CommandView[], draft: string): readonly CommandView[] {
  const typed = /^\/(\S*)$/.exec(draft)?.[1]?.toLowerCase();
  if (typed === undefined) {
    return [];
  }
  const begins = commands.filter(({ name }) => name.toLowerCase().startsWith(typed));
  const holds = commands.filter((command) => !begins.includes(command) && command.name.toLowerCase().includes(typed));
  return [...begins, ...holds];
}

/** What to write behind the command that stands in the composer, as long as nothing does. */
export function hintFor(commands: readonly CommandView[], draft: string): string | undefined {
  const name = /^\/(\S+)\s*$/.exec(draft)?.[1];
  return commands.find((command) => command.name === name)?.hint;
}

export class SegueCommands extends LitElement {
  static override properties = {
    commands: { attribute: false },
    draft: { attribute: false },
    position: { state: true },
    dismissed: { state: true },
  };
  static override styles = [
    base,
    css`
      ul {
        list-style: none;
        margin: 0 0 4px;
        padding: 2px 0;
        max-height: 12em;
        overflow-y: auto;
        border: 1px solid var(--vscode-editorSuggestWidget-border, var(--vscode-contrastBorder, transparent));
        background: var(--vscode-editorSuggestWidget-background, var(--vscode-editorWidget-background));
        color: var(--vscode-editorSuggestWidget-foreground, var(--vscode-foreground));
      }
      li {
        padding: 2px 8px;
        cursor: pointer;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      li.picked {
        color: var(--vscode-list-activeSelectionForeground);
        background: var(--vscode-list-activeSelectionBackground);
        outline: 1px solid var(--vscode-contrastActiveBorder, transparent);
        outline-offset: -1px;
      }
      li.picked .quiet {
        color: inherit;
      }
      .unseen {
        position: absolute;
        width: 1px;
        height: 1px;
        overflow: hidden;
        clip-path: inset(50%);
      }
    `,
  ];

  declare commands: readonly CommandView[];
  declare draft: string;
  declare position: number;
  /** The draft for which the list was sent away. */
  declare dismissed: string | undefined;

  constructor() {
    super();
    this.commands = [];
    this.draft = "";
    this.position = 0;
    this.dismissed = undefined;
  }

  override willUpdate(changed: ReadonlyMap<PropertyKey, unknown>): void {
    if (changed.has("draft")) {
      this.position = 0;
      this.dismissed = this.dismissed === this.draft ? this.dismissed : undefined;
    }
  }

  override updated(): void {
    this.renderRoot.querySelector(".picked")?.scrollIntoView({ block: "nearest" });
  }

  override render(): TemplateResult | typeof nothing {
    const { shown } = this;
    const picked = shown[this.position];
    if (picked === undefined) {
      return nothing;
    }
    const said = [`/${picked.name}`, picked.description ?? "", t("{0} of {1}", this.position + 1, shown.length)];
    return html`<ul role="listbox" aria-label=${t("Commands of the agent")}>
        ${shown.map(
          (command, index) =>
            html`<li
              role="option"
              aria-selected=${index === this.position ? "true" : "false"}
              class=${classMap({ picked: index === this.position })}
              @mousedown=${(event: Event) => this.clicked(event, command)}
            >
              /${visible(command.name)}
              <span class="quiet">${visible([command.hint, command.description].filter(Boolean).join(" — "))}</span>
            </li>`,
        )}
      </ul>
      <div class="unseen" role="status">${visible(said.filter(Boolean).join(", "))}</div>`;
  }

  /** Whether the key was for the list. */
  press(key: string): boolean {
    const { shown } = this;
    const picked = shown[this.position];
    if (picked === undefined) {
      return false;
    }
    switch (key) {
      case "ArrowDown":
      case "ArrowUp":
        this.position = (this.position + (key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length;
        return true;
      case "Escape":
        this.dismissed = this.draft;
        return true;
      case "Enter":
      case "Tab":
        this.pick(picked);
        return true;
      default:
        return false;
    }
  }

  private get shown(): readonly CommandView[] {
    return this.dismissed === this.draft ? [] : fitting(this.commands, this.draft);
  }

  private clicked(event: Event, command: CommandView): void {
    event.preventDefault(); // the cursor stays in the composer
    this.pick(command);
  }

  private pick({ name }: CommandView): void {
    this.dispatchEvent(new CustomEvent("picked", { detail: `/${name} ` }));
  }
}

customElements.define("segue-commands", SegueCommands);
