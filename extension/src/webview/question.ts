/** A form that an agent asks to be filled in, or an address to open. Enter sends nothing: a button does. */

import { css, html, nothing, type TemplateResult } from "lit";
import type { ChoiceView, FieldView, ItemView, QuestionView } from "../protocol/generated.ts";
import type { Intent } from "../protocol/webview.ts";
import { answerText, given, hintOf, initial, outcome, problems } from "../sessions/forms.ts";
import { t } from "../shared/l10n.ts";
import { visible } from "../shared/text.ts";

export interface FormCard {
  readonly item: ItemView;
  readonly sessionId: string;
  readonly send: (intent: Intent) => void;
  readonly requestUpdate: () => void;
}

interface Draft {
  values: Map<string, readonly string[]>;
  problems: ReadonlyMap<string, string>;
}

/** What is written and not sent; an item that is scrolled away is drawn anew when it comes back. */
const drafts = new Map<string, Draft>();

export const questionStyle = css`
  .form .field {
    border: none;
    margin: 0 0 12px;
    padding: 0;
    min-width: 0;
  }
  .form legend,
  .form .field > label {
    display: block;
    font-weight: 600;
    margin-bottom: 4px;
    padding: 0;
    overflow-wrap: anywhere;
  }
  .form .pick {
    display: flex;
    gap: 6px;
    align-items: baseline;
    padding: 2px 0;
    overflow-wrap: anywhere;
  }
  .form p {
    margin: 0 0 4px;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .form input:not([type="radio"], [type="checkbox"]),
  .form textarea {
    width: 100%;
    font: inherit;
    padding: 4px 6px;
    color: var(--vscode-input-foreground);
    background: var(--vscode-input-background);
    border: 1px solid var(--vscode-input-border, var(--vscode-contrastBorder, var(--vscode-descriptionForeground)));
  }
  .form textarea {
    resize: vertical;
  }
  .form [aria-invalid="true"] {
    border-color: var(--vscode-inputValidation-errorBorder, currentColor);
  }
  .form .problem {
    border-inline-start: 3px solid var(--vscode-errorForeground, currentColor);
    padding-inline-start: 6px;
  }
  .form .message {
    font-weight: 600;
    margin-bottom: 10px;
  }
  .form button.main {
    color: var(--vscode-button-foreground);
    background: var(--vscode-button-background);
  }
  .form button.main:hover {
    background: var(--vscode-button-hoverBackground);
  }
  .form pre {
    margin-bottom: 8px;
  }
  .decided dd {
    margin: 0 0 6px;
  }
`;

export function questionCard(card: FormCard): TemplateResult {
  const { question } = card.item;
  if (question === undefined) {
    return html``;
  }
  if (question.decidedBy !== undefined) {
    drafts.delete(question.requestId);
    return answered(question);
  }
  return question.url === undefined ? form(card, question) : address(card, question, question.url);
}

function form(card: FormCard, question: QuestionView): TemplateResult {
  const draft = draftOf(question);
  return html`<section class="card form" role="group" aria-label=${t("The agent asks: {0}", visible(question.message))}>
    <p class="message">${visible(question.message)}</p>
    ${question.fields.map((field, index) => fieldOf(draft, field, index))}
    <div class="choices answers">
      <button
        class="choice main"
        type="button"
        @keydown=${noEnter}
        @click=${(event: Event) => {
          submit(card, question, event);
        }}
      >
        ${t("Submit")}
      </button>
      ${others(card, question)}
    </div>
    <p class="quiet">${t("Skip lets the agent go on without an answer. Enter sends nothing.")}</p>
  </section>`;
}

function address(card: FormCard, question: QuestionView, url: string): TemplateResult {
  const visit = () => card.send({ type: "visit", sessionId: card.sessionId, requestId: question.requestId });
  return html`<section class="card form" role="group" aria-label=${t("The agent asks: {0}", visible(question.message))}>
    <p class="message">${visible(question.message)}</p>
    <p class="quiet">${t("It wants you to open this address:")}</p>
    <pre>${visible(url)}</pre>
    <div class="choices answers">
      <button class="choice main" type="button" @keydown=${noEnter} @click=${visit}>${t("Open…")}</button>
      ${others(card, question)}
    </div>
  </section>`;
}

function others(card: FormCard, { requestId }: QuestionView): TemplateResult {
  const say = (action: "decline" | "cancel") => () =>
    card.send({ type: "reply", sessionId: card.sessionId, requestId, action, values: [] });
  return html`<button class="choice" type="button" @keydown=${noEnter} @click=${say("decline")}>${t("Skip")}</button>
    <button
      class="choice"
      type="button"
      title=${t("The agent gives up what it wanted the answer for")}
      @keydown=${noEnter}
      @click=${say("cancel")}
    >
      ${t("Cancel")}
    </button>`;
}

function submit(card: FormCard, question: QuestionView, event: Event): void {
  const draft = draftOf(question);
  draft.problems = problems(question, draft.values);
  card.requestUpdate();
  if (draft.problems.size === 0) {
    const values = given(question, draft.values);
    card.send({ type: "reply", sessionId: card.sessionId, requestId: question.requestId, action: "accept", values });
    return;
  }
  const wrong = question.fields.findIndex(({ name }) => draft.problems.has(name));
  const section = event.currentTarget instanceof Element ? event.currentTarget.closest("section") : null;
  section?.querySelector<HTMLElement>(`[data-field="${wrong}"]`)?.focus();
}

function fieldOf(draft: Draft, field: FieldView, index: number): TemplateResult {
  switch (field.kind) {
    case "choice":
    case "choices":
      return picks(draft, field, index);
    case "boolean":
      return html`<div class="field">
        <label class="pick">
          <input
            type="checkbox"
            data-field=${index}
            aria-describedby=${`d${index} p${index}`}
            .checked=${draft.values.get(field.name)?.[0] === "true"}
            @change=${(event: Event) => {
              draft.values.set(field.name, [String((event.currentTarget as HTMLInputElement).checked)]);
            }}
          />
          <span>${visible(field.title)}</span>
        </label>
        ${about(draft, field, index)}
      </div>`;
    case "text":
    case "integer":
    case "number":
      return html`<div class="field">
        <label for=${`f${index}`}>${heading(field)}</label>
        ${about(draft, field, index)} ${entry(draft, field, index)}
      </div>`;
  }
}

function picks(draft: Draft, field: FieldView, index: number): TemplateResult {
  const nobody = field.kind === "choice" && !field.isRequired ? [{ value: "", title: t("No answer") }] : [];
  return html`<fieldset class="field" aria-describedby=${`d${index} p${index}`}>
    <legend>${heading(field)}</legend>
    ${about(draft, field, index)}
    ${[...field.choices, ...nobody].map((choice) => pick(draft, field, { choice, index }))}
  </fieldset>`;
}

function pick(
  draft: Draft,
  field: FieldView,
  { choice, index }: { readonly choice: ChoiceView; readonly index: number },
): TemplateResult {
  const chosen = draft.values.get(field.name) ?? [];
  const isOne = field.kind === "choice";
  const isChosen = choice.value === "" ? chosen.length === 0 : chosen.includes(choice.value);
  const toggle = (event: Event) => {
    const others = isOne ? [] : (draft.values.get(field.name) ?? []).filter((value) => value !== choice.value);
    const isOn = (event.currentTarget as HTMLInputElement).checked && choice.value !== "";
    draft.values.set(field.name, isOn ? [...others, choice.value] : others);
  };
  return html`<label class="pick">
    <input
      type=${isOne ? "radio" : "checkbox"}
      name=${`f${index}`}
      data-field=${index}
      .checked=${isChosen}
      @change=${toggle}
    />
    <span>
      ${visible(choice.title)}
      ${choice.description === undefined ? nothing : html`<span class="quiet">${visible(choice.description)}</span>`}
    </span>
  </label>`;
}

function entry(draft: Draft, field: FieldView, index: number): TemplateResult {
  const keep = (event: Event) => {
    draft.values.set(field.name, [(event.currentTarget as HTMLInputElement).value]);
  };
  const value = draft.values.get(field.name)?.[0] ?? "";
  const isWrong = draft.problems.has(field.name) ? "true" : "false";
  const type = typeOf(field);
  return type === "textarea"
    ? html`<textarea
        id=${`f${index}`}
        rows="2"
        data-field=${index}
        aria-describedby=${`d${index} p${index}`}
        aria-invalid=${isWrong}
        aria-required=${field.isRequired ? "true" : "false"}
        .value=${value}
        @input=${keep}
      ></textarea>`
    : html`<input
        id=${`f${index}`}
        type=${type}
        data-field=${index}
        aria-describedby=${`d${index} p${index}`}
        aria-invalid=${isWrong}
        aria-required=${field.isRequired ? "true" : "false"}
        .value=${value}
        @input=${keep}
      />`;
}

/** Numbers are texts here: a browser keeps from everybody what it cannot read as one. */
function typeOf({ kind, format }: FieldView): "textarea" | "text" | "email" | "url" | "date" {
  if (kind !== "text") {
    return "text";
  }
  switch (format) {
    case "email":
    case "date":
      return format;
    case "uri":
      return "url";
    case undefined:
      return "textarea";
    default:
      return "text";
  }
}

function heading(field: FieldView): TemplateResult {
  const hint = [field.isRequired ? t("required") : "", hintOf(field)].filter(Boolean).join(", ");
  return html`${visible(field.title)} ${hint === "" ? nothing : html`<span class="quiet">(${hint})</span>`}`;
}

function about(draft: Draft, field: FieldView, index: number): TemplateResult {
  const problem = draft.problems.get(field.name);
  return html`<p class="quiet" id=${`d${index}`} ?hidden=${field.description === undefined}>
      ${visible(field.description ?? "")}
    </p>
    <p class="problem" id=${`p${index}`} role="alert" ?hidden=${problem === undefined}>${problem ?? ""}</p>`;
}

function answered(question: QuestionView): TemplateResult {
  const by = question.decidedBy === "user" ? t("{0} by you", outcome(question)) : outcome(question);
  const answers = new Map(question.values.map(({ name, values }) => [name, values]));
  return html`<details class="decided" ?open=${question.values.length > 0}>
    <summary>${visible(question.message)} <span class="quiet">· ${by}</span></summary>
    ${question.url === undefined ? nothing : html`<pre>${visible(question.url)}</pre>`}
    <dl>
      ${question.fields.map((field) => {
        const values = answers.get(field.name);
        return values === undefined
          ? nothing
          : html`<dt class="quiet">${visible(field.title)}</dt>
              <dd><pre>${visible(answerText(field, values))}</pre></dd>`;
      })}
    </dl>
  </details>`;
}

function draftOf(question: QuestionView): Draft {
  const known = drafts.get(question.requestId);
  if (known !== undefined) {
    return known;
  }
  const draft = { values: new Map(initial(question)), problems: new Map<string, string>() };
  drafts.set(question.requestId, draft);
  return draft;
}

function noEnter(event: KeyboardEvent): void {
  if (event.key === "Enter") {
    event.preventDefault();
  }
}
