/** Where a prompt is written. Knows draft and history; sends nothing by itself. */

import "@vscode-elements/elements/dist/vscode-button/index.js";
import "@vscode-elements/elements/dist/vscode-textarea/index.js";
import type { VscodeTextarea } from "@vscode-elements/elements/dist/vscode-textarea/index.js";
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { ImageView, OfferView, SessionView } from "../protocol/generated.ts";
import { MENTIONS, type Intent, type Mention } from "../protocol/webview.ts";
import { t } from "../shared/l10n.ts";
import { visible } from "../shared/text.ts";
import { attachments, attachmentStyle, encoded, imagesOf, obstacle } from "./attachments.ts";
import "./choices.ts";
import { hintFor, type SegueCommands } from "./commands.ts";
import { pictures } from "./picture.ts";
import { base } from "./style.ts";

const NOTHING: OfferView = { options: [], commands: [] };

export class SegueComposer extends LitElement {
  static override properties = {
    session: { attribute: false },
    draft: { attribute: false },
    history: { attribute: false },
    offer: { attribute: false },
    images: { attribute: false },
    yields: { type: Boolean, reflect: true },
    visited: { type: Boolean, reflect: true },
    problem: { state: true },
  };
  static override styles = [
    base,
    attachmentStyle,
    css`
      :host {
        flex: none;
        padding: 8px 12px;
        border-top: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, transparent));
      }
      vscode-textarea {
        width: 100%;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        gap: 6px 10px;
        align-items: center;
        margin-top: 6px;
      }
      .line {
        margin-bottom: 6px;
      }
      .mentions {
        gap: 2px 6px;
      }
      .queue {
        list-style: none;
        margin: 0 0 6px;
        padding: 0;
      }
      /* What waits for an answer comes first: what is seldom needed then goes, and the rest comes with the focus. It
         stays when the focus goes, since a click on an answer takes the focus and must not move that answer. */
      :host([yields]) segue-choices,
      :host([yields]) .along,
      :host([yields]:not([visited])) .row {
        display: none;
      }
      .queue pre {
        display: inline-block;
        max-width: 100%;
        max-height: 3em;
        overflow: hidden;
      }
    `,
  ];

  declare session: SessionView;
  declare draft: string;
  /** Prompts of this session, oldest first. */
  declare history: readonly string[];
  /** What the agent lets a person choose, and its commands. */
  declare offer: OfferView;
  /** What goes along with the prompt. */
  declare images: readonly ImageView[];
  /** Whether something else waits for an answer: then it takes no more room than it must. */
  declare yields: boolean;
  /** Whether the prompt had the focus since something waits. */
  declare visited: boolean;
  /** Why something could not be attached or sent. */
  declare private problem: string;
  declare send: (intent: Intent) => void;
  private position = 0;

  constructor() {
    super();
    this.draft = "";
    this.history = [];
    this.offer = NOTHING;
    this.images = [];
    this.yields = false;
    this.visited = false;
    this.problem = "";
    this.addEventListener("focusin", () => {
      this.visited = true;
    });
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("yields") && !this.yields) {
      this.visited = false;
    }
  }

  override render(): TemplateResult {
    const isBusy = ["running", "requires_action", "creating"].includes(this.session.state);
    const isWaiting = this.session.place !== undefined;
    const { commands, options } = this.offer;
    const behind = hintFor(commands, this.draft);
    const { images, send, session } = this;
    return html`${this.place()}${this.queue()}
      ${attachments({ images, sessionId: session.id, send, remove: this.detach })}
      <segue-commands .commands=${commands} .draft=${this.draft} @picked=${this.commandPicked}></segue-commands>
      <vscode-textarea
        rows=${rowsFor(this.draft, this.yields ? 1 : 2)}
        resize="none"
        .label=${t("Prompt")}
        placeholder=${this.placeholder(isBusy)}
        .value=${this.draft}
        @input=${this.typed}
        @keydown=${this.pressed}
        @paste=${this.pasted}
        @dragover=${this.dragged}
        @drop=${this.dropped}
      ></vscode-textarea>
      ${behind === undefined ? nothing : html`<div class="quiet" role="status">${visible(behind)}</div>`}
      ${this.problem === "" ? nothing : html`<div role="alert">${this.problem}</div>`}
      <div class="row">
        <vscode-button @click=${this.submit} ?disabled=${this.session.isArchived}>
          ${isBusy || isWaiting ? t("Queue") : t("Send")}
        </vscode-button>
        ${isBusy ? this.steering() : nothing} ${this.along()}
        ${
          options.length === 0
            ? nothing
            : html`<segue-choices
                .sessionId=${this.session.id}
                .options=${options}
                .isDisabled=${this.session.isArchived}
                .send=${this.send}
              ></segue-choices>`
        }
      </div>`;
  }

  /** What can be put into the prompt, or go along with it. */
  private along(): TemplateResult {
    return html`<span class="row mentions along" role="group" aria-label=${t("Name in the prompt")}>
        @${MENTIONS.map((what) => this.mention(what))}
      </span>
      <button class="plain along" type="button" @click=${this.pick}>${t("Attach Image…")}</button>`;
  }

  private placeholder(isBusy: boolean): string {
    if (isBusy) {
      return t("Queue a prompt for when this turn ends");
    }
    return this.offer.commands.length === 0
      ? t("What next? @ names files and more")
      : t("What next? @ names files, / the agent's commands");
  }

  private mention(what: Mention): TemplateResult {
    const name = mentionName(what);
    return html`<button
      class="plain"
      type="button"
      aria-label=${name}
      @click=${() => this.send({ type: "mention", what })}
    >
      ${name.replace(/^@\s*/, "")}
    </button>`;
  }

  private steering(): TemplateResult {
    return html`<vscode-button
        secondary
        title=${t("Cancels the turn and sends this first; what is queued stays (Ctrl+Shift+Enter)")}
        @click=${this.interrupt}
        ?disabled=${this.draft.trim() === ""}
      >
        ${t("Interrupt and Say")}
      </vscode-button>
      <vscode-button secondary @click=${this.stop} ?disabled=${this.session.isStopping}>
        ${this.session.isStopping ? t("Stopping…") : t("Stop")}
      </vscode-button>`;
  }

  /** Put text where the cursor is. */
  insert(text: string): void {
    const area = this.area;
    const at = area?.selectionStart ?? this.draft.length;
    const end = area?.selectionEnd ?? at;
    const start = this.draft.slice(0, at).replace(/@$/, "");
    this.setDraft(start + text + this.draft.slice(end));
    void this.updateComplete.then(() => {
      area?.focus();
      area?.setSelectionRange(start.length + text.length, start.length + text.length);
    });
  }

  override focus(): void {
    this.renderRoot.querySelector<VscodeTextarea>("vscode-textarea")?.focus();
  }

  private get area(): HTMLTextAreaElement | null | undefined {
    return this.renderRoot.querySelector("vscode-textarea")?.shadowRoot?.querySelector("textarea");
  }

  private place(): TemplateResult | typeof nothing {
    const { place } = this.session;
    const start = () => this.send({ type: "run", command: "segue.startNow" });
    return place === undefined
      ? nothing
      : html`<div class="line" role="status">
          <span>${t("As many sessions work as may at a time; this one is no. {0} in line.", place)}</span>
          <button class="plain" type="button" @click=${start}>${t("Start Now")}</button>
        </div>`;
  }

  private queue(): TemplateResult | typeof nothing {
    const { queue, id } = this.session;
    if (queue.length === 0) {
      return nothing;
    }
    const drop = (promptId: string, isEdited: boolean) => () =>
      this.send({ type: "drop", sessionId: id, promptId, isEdited });
    return html`<ul class="queue" aria-label=${t("Queued prompts")}>
      ${queue.map(
        ({ promptId, text, images }) =>
          html`<li>
            <pre>${visible(text)}</pre>
            ${pictures({ images, sessionId: id, words: t("Image of the prompt"), isSmall: true, send: this.send })}
            <button class="plain" type="button" @click=${drop(promptId, true)}>${t("Edit")}</button>
            <button class="plain" type="button" @click=${drop(promptId, false)}>${t("Drop")}</button>
          </li>`,
      )}
    </ul>`;
  }

  private readonly typed = (event: Event): void => {
    const { value } = event.currentTarget as VscodeTextarea;
    this.position = this.history.length;
    const isMention = value.length === this.draft.length + 1 && this.area?.selectionStart !== 0;
    const typed = value[(this.area?.selectionStart ?? 0) - 1];
    this.setDraft(value);
    if (isMention && typed === "@") {
      this.send({ type: "mention", what: "file" });
    }
  };

  private readonly pressed = (event: KeyboardEvent): void => {
    const isSending = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (isSending) {
      event.preventDefault();
      (event.shiftKey ? this.interrupt : this.submit)();
    } else if (!event.shiftKey && this.renderRoot.querySelector<SegueCommands>("segue-commands")?.press(event.key)) {
      event.preventDefault();
    } else if (event.key === "ArrowUp" && this.isAtStart()) {
      this.recall(-1, event);
    } else if (event.key === "ArrowDown" && this.history[this.position] === this.draft) {
      this.recall(1, event);
    }
  };

  private isAtStart(): boolean {
    return this.draft === "" || (this.area?.selectionStart === 0 && this.area.selectionEnd === 0);
  }

  private recall(step: number, event: Event): void {
    const from = this.draft === "" ? this.history.length : Math.min(this.position, this.history.length);
    const position = Math.max(0, from + step);
    const text = this.history[position] ?? "";
    event.preventDefault();
    this.position = position;
    this.setDraft(text);
    void this.updateComplete.then(() => this.area?.setSelectionRange(0, 0));
  }

  private readonly submit = (): void => this.say(false);

  private readonly interrupt = (): void => this.say(true);

  private say(isNow: boolean): void {
    const images = this.images.map(({ hash }) => hash);
    if (this.draft.trim() !== "") {
      this.problem = "";
      this.send({ type: "prompt", sessionId: this.session.id, text: this.draft, isNow, images });
    } else if (images.length > 0) {
      this.problem = t("Say what the image is for.");
    }
  }

  private readonly pick = (): void => {
    this.problem = obstacle(this.session, this.images.length + 1);
    if (this.problem === "") {
      this.send({ type: "pickImages", sessionId: this.session.id });
    }
  };

  private readonly detach = (image: ImageView): void => {
    this.problem = "";
    this.dispatchEvent(new CustomEvent("detached", { detail: image.hash }));
    this.focus();
  };

  private readonly pasted = (event: ClipboardEvent): void => this.takeFrom(event.clipboardData, event);

  private readonly dropped = (event: DragEvent): void => this.takeFrom(event.dataTransfer, event);

  /** Says that files may be dropped here. */
  private readonly dragged = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes("Files") === true) {
      event.preventDefault();
    }
  };

  private takeFrom(transfer: DataTransfer | null, event: Event): void {
    const files = imagesOf(transfer);
    if (files.length > 0) {
      event.preventDefault();
      void this.attach(files);
    }
  }

  private async attach(files: readonly File[]): Promise<void> {
    const sessionId = this.session.id;
    this.problem = obstacle(this.session, this.images.length + files.length);
    for (const file of this.problem === "" ? files : []) {
      const read = await encoded(file);
      if ("problem" in read) {
        this.problem = read.problem;
      } else {
        this.send({ type: "attach", sessionId, data: read.data });
      }
    }
  }

  private readonly commandPicked = (event: CustomEvent<string>): void => {
    this.setDraft(event.detail);
    void this.updateComplete.then(() => this.area?.setSelectionRange(event.detail.length, event.detail.length));
  };

  private readonly stop = (): void => this.send({ type: "run", command: "segue.stop" });

  private setDraft(draft: string): void {
    this.draft = draft;
    this.dispatchEvent(new CustomEvent("draft", { detail: draft }));
  }
}

/** As many rows as the lines of the draft, within reason. */
function rowsFor(draft: string, least: number): number {
  return Math.min(10, Math.max(least, draft.split("\n").length));
}

function mentionName(what: Mention): string {
  switch (what) {
    case "file":
      return t("@ File");
    case "symbol":
      return t("@ Symbol");
    case "problem":
      return t("@ Problem");
    case "selection":
      return t("@ Selection");
  }
}

customElements.define("segue-composer", SegueComposer);
