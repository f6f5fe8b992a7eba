/** What a typed text means while peeking at a session: an answer's number, or a prompt. Knows no window. */

import type { OptionView, SessionView } from "../protocol/generated.ts";
import { rejectFirst } from "./options.ts";

export type Meaning =
  | { readonly kind: "open" }
  | { readonly kind: "answer"; readonly requestId: string; readonly option: OptionView; readonly number: number }
  | { readonly kind: "prompt"; readonly text: string };

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

function answersOf({ permissions: [asked] }: SessionView): readonly Extract<Meaning, { kind: "answer" }>[] {
  if (asked === undefined) {
    return [];
  }
  const { requestId } = asked;
  return rejectFirst(asked.options).map((option, index) => ({ kind: "answer", requestId, option, number: index + 1 }));
}
