/** What a typed text means while peeking at a session: an answer's number, or a prompt. Knows no window. */

import type { ChoiceView, GivenView, OptionView, QuestionView, SessionView } from "../protocol/generated.ts";
import { onlyChoice } from "./forms.ts";

export type Meaning =
  | { readonly kind: "open" }
  | { readonly kind: "answer"; readonly requestId: string; readonly option: OptionView; readonly number: number }
  | {
      readonly kind: "reply";
      readonly requestId: string;
      readonly choice: ChoiceView;
      readonly values: readonly GivenView[];
      readonly number: number;
    }
  | { readonly kind: "skip"; readonly requestId: string; readonly number: 0 }
  | { readonly kind: "prompt"; readonly text: string };

type Answer = Extract<Meaning, { kind: "answer" | "reply" | "skip" }>;

/**
 * What can be done, what Enter does first. With nothing typed that is to open the session: Enter alone decides nothing
 * (D43). A number names one answer; anything else is a prompt.
 */
export function meanings(session: SessionView, typed: string): readonly Meaning[] {
  const text = typed.trim();
  const answers = answersOf(session);
  if (text === "") {
    return [{ kind: "open" }, ...answers];
  }
  const named = answers.filter(({ number }) => String(number) === text);
  const canPrompt = !session.isArchived && session.state !== "creating";
  return [...named, ...(canPrompt ? [{ kind: "prompt" as const, text }] : []), { kind: "open" }];
}

function answersOf({ permissions: [asked], questions: [question] }: SessionView): readonly Answer[] {
  if (asked === undefined) {
    return question === undefined ? [] : repliesOf(question);
  }
  const { requestId } = asked;
  return asked.options.map((option, index) => ({ kind: "answer", requestId, option, number: index + 1 }));
}

/** A question that one choice answers is answered here, others in their session; any of them may be skipped. */
function repliesOf(question: QuestionView): readonly Answer[] {
  const only = onlyChoice(question);
  const { requestId } = question;
  const replies = (only?.choices ?? []).map((choice, index): Answer => ({
    kind: "reply",
    requestId,
    choice,
    values: [{ name: only?.field.name ?? "", values: [choice.value] }],
    number: index + 1,
  }));
  return [...replies, { kind: "skip", requestId, number: 0 }];
}
