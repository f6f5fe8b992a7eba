/** What went wrong, in the words of whoever knows. Knows the wire's error shape; nothing of how it is shown. */

/** Callers compare `reason`, never a message. */
export interface Failure {
  readonly reason: string;
  /** What happened: whole sentences. */
  readonly message: string;
  /** What to do: a whole sentence, or empty. */
  readonly action: string;
}

/** An error that a person can act on. */
export class Failed extends Error {
  override readonly name = "Failed";
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Somebody ended it on purpose; there is nothing to tell. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";
}

/** What any thrown thing says: Segue's own words where it has them (`data` of an error response), else its message. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failed) {
    return error.failure;
  }
  const data = isRecord(error) ? error["data"] : undefined;
  if (isRecord(data) && typeof data["reason"] === "string" && typeof data["message"] === "string") {
    const action = typeof data["action"] === "string" ? data["action"] : "";
    return { reason: data["reason"], message: data["message"], action };
  }
  return { reason: "unexpected", message: error instanceof Error ? error.message : String(error), action: "" };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
