/** Forms that agents ask to be filled in: what stands there, what is missing. The server has the last word. */

import type { ChoiceView, FieldView, GivenView, QuestionView, SessionView } from "../protocol/generated.ts";
import { t } from "../shared/l10n.ts";

/** Answers by the names of the fields. */
export type Values = ReadonlyMap<string, readonly string[]>;

export function isAsking({ permissions, questions, proposal }: SessionView): boolean {
  return permissions.length > 0 || questions.length > 0 || proposal !== undefined;
}

/** What stands in a form before a person answers. */
export function initial({ fields }: QuestionView): Values {
  return new Map(
    fields.map(({ name, kind, defaults }) => [
      name,
      defaults.length === 0 && kind === "boolean" ? ["false"] : defaults,
    ]),
  );
}

/** What is sent: empty answers are none. */
export function given({ fields }: QuestionView, values: Values): readonly GivenView[] {
  return fields
    .map(({ name }) => ({ name, values: (values.get(name) ?? []).filter(Boolean) }))
    .filter((answer) => answer.values.length > 0);
}

/** A sentence for each field that cannot be sent as it stands. */
export function problems({ fields }: QuestionView, values: Values): ReadonlyMap<string, string> {
  const found = fields.map((field) => [field.name, problem(field, (values.get(field.name) ?? []).filter(Boolean))]);
  return new Map(found.filter((each): each is [string, string] => each[1] !== ""));
}

function problem(field: FieldView, values: readonly string[]): string {
  const [value = ""] = values;
  if (value === "") {
    return field.isRequired ? t("An answer is needed.") : "";
  }
  switch (field.kind) {
    case "text":
      return outside(field, Array.from(value).length, t("At least {0} characters.", field.minimum ?? 0), (most) =>
        t("At most {0} characters.", most),
      );
    case "choices":
      return outside(field, values.length, t("Choose at least {0}.", field.minimum ?? 0), (most) =>
        t("Choose at most {0}.", most),
      );
    case "integer":
    case "number": {
      const number = Number(value);
      const isNumber = Number.isFinite(number) && (field.kind === "number" || Number.isSafeInteger(number));
      if (!isNumber) {
        return field.kind === "integer" ? t("Answer with a whole number.") : t("Answer with a number.");
      }
      return outside(field, number, t("At least {0}.", field.minimum ?? 0), (most) => t("At most {0}.", most));
    }
    case "choice":
    case "boolean":
      return "";
  }
}

function outside(
  { minimum, maximum }: FieldView,
  measured: number,
  tooFew: string,
  tooMany: (most: number) => string,
): string {
  if (minimum !== undefined && measured < minimum) {
    return tooFew;
  }
  return maximum !== undefined && measured > maximum ? tooMany(maximum) : "";
}

/** What a field takes, in a few words. */
export function hintOf({ kind, minimum, maximum }: FieldView): string {
  const range = kind === "choice" || kind === "boolean" ? "" : rangeOf(minimum, maximum);
  switch (kind) {
    case "text":
      return range === "" ? "" : t("{0} characters", range);
    case "choices":
      return range === "" ? t("any of these") : t("{0} of these", range);
    case "integer":
      return range === "" ? t("a whole number") : t("a whole number, {0}", range);
    case "number":
      return range === "" ? t("a number") : t("a number, {0}", range);
    case "choice":
    case "boolean":
      return "";
  }
}

function rangeOf(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum !== undefined && maximum !== undefined) {
    return t("{0} to {1}", minimum, maximum);
  }
  if (minimum !== undefined) {
    return t("at least {0}", minimum);
  }
  return maximum === undefined ? "" : t("at most {0}", maximum);
}

/** The one choice that is enough for an answer, with its answers; undefined where more has to be said. */
export function onlyChoice({
  fields,
}: QuestionView): { readonly field: FieldView; readonly choices: readonly ChoiceView[] } | undefined {
  const choosing = fields.filter(({ kind }) => kind === "choice" || kind === "boolean");
  const [field] = choosing;
  if (field === undefined || choosing.length > 1 || fields.some((other) => other !== field && other.isRequired)) {
    return undefined;
  }
  const yesNo = [
    { value: "true", title: t("Yes") },
    { value: "false", title: t("No") },
  ];
  return { field, choices: field.kind === "boolean" ? yesNo : field.choices };
}

/** The text that is all that is asked for. */
export function onlyText({ fields }: QuestionView): FieldView | undefined {
  const [field, more] = fields;
  return more === undefined && field?.kind === "text" ? field : undefined;
}

/** How a question was answered, in words. */
export function outcome({ action, decidedBy }: QuestionView): string {
  if (action === "accept") {
    return t("Answered");
  }
  if (action === "decline") {
    return t("Skipped");
  }
  return decidedBy === "user" ? t("Cancelled") : t("Cancelled with its turn");
}

/** How a plan was decided, in words. */
export function planOutcome(status: string): string {
  switch (status) {
    case "approved":
      return t("approved");
    case "revised":
      return t("sent back with comments");
    case "rejected":
      return t("rejected");
    case "superseded":
      return t("another prompt came after it");
    default:
      return t("withdrawn");
  }
}

/** Titles of what was answered to a field. */
export function answerText({ kind, choices }: FieldView, values: readonly string[]): string {
  if (kind === "boolean") {
    return values[0] === "true" ? t("Yes") : t("No");
  }
  return values.map((value) => choices.find((choice) => choice.value === value)?.title ?? value).join(", ");
}
