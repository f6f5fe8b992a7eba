/** What is worth a notification: each question once, each result once. Knows sessions over time; shows nothing. */

import type { PermissionView, QuestionView, SessionView } from "../protocol/generated.ts";
import { isAsking } from "../sessions/forms.ts";
import { requestText } from "../sessions/permissions.ts";
import { applies } from "../sessions/verbs.ts";
import { t } from "../shared/l10n.ts";
import { cut, files, inert, lines } from "../shared/text.ts";

export type Notice =
  | { readonly kind: "question"; readonly session: SessionView; readonly permission: PermissionView }
  | { readonly kind: "form"; readonly session: SessionView; readonly question: QuestionView }
  | { readonly kind: "plan"; readonly session: SessionView }
  | { readonly kind: "trouble"; readonly session: SessionView }
  | { readonly kind: "ready"; readonly session: SessionView };

/** A toast that says more is not read; what does not fit is answered where it can be seen whole. */
const FITS = 240;
/** Questions that are remembered as told; the oldest are forgotten first. */
const REMEMBERED = 500;
/** Sessions that one toast names; the others are counted. */
const NAMED = 3;

export class Notices {
  private readonly asked: Set<string>;
  private readonly bucketsById = new Map<string, string>();

  /** `told` is what an earlier window told, so that a reload tells nothing again. */
  constructor(told: readonly string[] = []) {
    this.asked = new Set(told);
  }

  /** The questions told so far, for the next window of this folder. */
  get told(): readonly string[] {
    return [...this.asked].slice(-REMEMBERED);
  }

  /** What is new since the last look. The first look tells only of questions, which wait still. */
  take(sessions: readonly SessionView[]): readonly Notice[] {
    return sessions.flatMap((session) => {
      const before = this.bucketsById.get(session.id);
      this.bucketsById.set(session.id, session.bucket);
      const hasMoved = before !== undefined && before !== session.bucket;
      const questions = this.questions(session);
      if (questions.length > 0 || !hasMoved) {
        return questions;
      }
      if (session.bucket === "ready" && session.isUnread) {
        return [{ kind: "ready" as const, session }];
      }
      const isTrouble = session.bucket === "needs_you" && !isAsking(session);
      return isTrouble ? [{ kind: "trouble" as const, session }] : [];
    });
  }

  private questions(session: SessionView): readonly Notice[] {
    const isNew = ({ requestId }: { readonly requestId: string }) => !this.asked.has(`${session.id}/${requestId}`);
    const plans = session.proposal === undefined ? [] : [{ requestId: session.proposal.key }].filter(isNew);
    const permissions = session.permissions.filter(isNew);
    const questions = session.questions.filter(isNew);
    for (const { requestId } of [...plans, ...permissions, ...questions]) {
      this.asked.add(`${session.id}/${requestId}`);
    }
    return [
      ...plans.map(() => ({ kind: "plan" as const, session })),
      ...permissions
        .filter(({ plan }) => plan === undefined)
        .map((permission) => ({ kind: "question" as const, session, permission })),
      ...questions.map((question) => ({ kind: "form" as const, session, question })),
    ];
  }
}

/** What an answer to the notice names; undefined where it asks nothing. */
export function requestIdOf(notice: Notice): string | undefined {
  switch (notice.kind) {
    case "question":
      return notice.permission.requestId;
    case "form":
      return notice.question.requestId;
    case "plan":
      return notice.session.proposal?.key;
    case "trouble":
    case "ready":
      return undefined;
  }
}

/** Whether what a notice tells is still so, given its session as it is now. */
export function isCurrent(notice: Notice, now: SessionView | undefined): boolean {
  const requestId = requestIdOf(notice);
  if (now === undefined || requestId === undefined) {
    return now?.bucket === notice.session.bucket && (notice.kind !== "ready" || now.isUnread);
  }
  const open = [...now.permissions, ...now.questions].map((each) => each.requestId);
  return open.includes(requestId) || now.proposal?.key === requestId;
}

/** Whether a notification can show the whole request, so that its answer may be given there. */
export function fitsNotification(permission: PermissionView): boolean {
  const text = requestText(permission);
  return text.length <= FITS && text.split("\n").every((line) => inert(line) === line);
}

/** What can be done at once, and the command that does it; a permission's own answers are not among them. */
export function buttonsOf(notice: Notice): readonly Offered[] {
  const { kind, session } = notice;
  const canBring = ["question", "form", "plan"].includes(kind) && applies("link", session);
  return [...answersOf(notice), ...(canBring ? [{ title: t("Bring into Editor"), command: "segue.link" }] : [])];
}

export interface Offered {
  readonly title: string;
  readonly command: string;
}

/** Several notices in one. */
export interface Digest {
  readonly text: string;
  readonly button: Offered;
  /** What the button acts on; undefined where that is found out when it is pressed. */
  readonly sessionId: string | undefined;
}

export function digestOf(notices: readonly Notice[]): Digest {
  const ready = titlesById(notices.filter(({ kind }) => kind === "ready"));
  const needing = titlesById(notices.filter(({ kind }) => kind !== "ready"));
  const [only] = needing.size === 1 ? needing.keys() : [];
  const asked = notices.filter((notice) => requestIdOf(notice) !== undefined).length;
  const texts = [needing.size === 0 ? "" : needText(needing, asked), ready.size === 0 ? "" : readyText(ready)];
  return {
    text: texts.filter(Boolean).join(" "),
    button: digestButton(needing.size, asked),
    sessionId: only,
  };
}

function digestButton(needing: number, asked: number): Offered {
  if (needing === 1) {
    return asked > 0 ? { title: t("Answer…"), command: "segue.answer" } : { title: t("Open"), command: "segue.open" };
  }
  return needing > 1
    ? { title: t("Show Next"), command: "segue.nextSession" }
    : { title: t("Show Sessions"), command: "segue.sessions.focus" };
}

function needText(titles: ReadonlyMap<string, string>, asked: number): string {
  if (titles.size > 1) {
    return t("{0} sessions need you: {1}.", titles.size, named(titles));
  }
  return asked > 1 ? t("{0} asks {1} questions.", named(titles), asked) : t("{0} needs you.", named(titles));
}

function readyText(titles: ReadonlyMap<string, string>): string {
  return titles.size > 1
    ? t("{0} sessions are ready: {1}.", titles.size, named(titles))
    : t("{0} is ready.", named(titles));
}

function titlesById(notices: readonly Notice[]): ReadonlyMap<string, string> {
  return new Map(notices.map(({ session }) => [session.id, cut(inert(session.title), FITS / NAMED)]));
}

function named(titles: ReadonlyMap<string, string>): string {
  const names = [...titles.values()].map((title) => `“${title}”`);
  const missing = names.length - NAMED;
  return missing <= 0 ? names.join(", ") : t("{0} and {1} more", names.slice(0, NAMED).join(", "), missing);
}

function answersOf({ kind, session }: Notice): readonly Offered[] {
  const open = { title: t("Open"), command: "segue.open" };
  switch (kind) {
    case "question":
    case "form":
      return [{ title: t("Answer…"), command: "segue.answer" }];
    case "plan":
      return [{ title: t("Show the Plan"), command: "segue.openInEditor" }];
    case "trouble":
      return applies("resume", session) ? [{ title: t("Resume"), command: "segue.resume" }, open] : [open];
    case "ready":
      return applies("review", session) ? [{ title: t("Review Changes"), command: "segue.review" }] : [open];
  }
}

export function noticeText(notice: Notice): string {
  const title = inert(notice.session.title);
  switch (notice.kind) {
    case "question": {
      const question = requestText(notice.permission).split("\n").map(inert).join(" — ");
      return t("“{0}” asks: {1}", title, cut(question, FITS));
    }
    case "form":
      return t("“{0}” asks: {1}", title, cut(inert(notice.question.message), FITS));
    case "plan":
      return t("“{0}” has a plan to approve.", title);
    case "trouble": {
      const { failure, activity } = notice.session;
      const why = failure === undefined ? activity : `${failure.message} ${failure.action}`.trim();
      return t("“{0}” needs you: {1}", title, cut(inert(why), FITS));
    }
    case "ready": {
      const { stat } = notice.session;
      const changed = [files(stat.files), lines(stat.added, stat.removed)].filter(Boolean).join(" ");
      return t("“{0}” is ready: {1}", title, stat.files === 0 ? t("nothing changed") : changed);
    }
  }
}
