/** What is worth a notification: each question once, each result once. Knows sessions over time; shows nothing. */

import type { PermissionView, QuestionView, SessionView } from "../protocol/generated.ts";
import { isAsking } from "../sessions/forms.ts";
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

export class Notices {
  private readonly asked = new Set<string>();
  private readonly bucketsById = new Map<string, string>();

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

/** The whole of a request in words: what, exactly which command, where, which files. */
export function questionText(permission: PermissionView): string {
  const { title, command, directory, paths } = permission;
  return [
    title,
    command === undefined || command === title ? "" : t("Command: {0}", command),
    directory === undefined ? "" : t("In: {0}", directory),
    paths.length === 0 ? "" : t("Files: {0}", paths.join(", ")),
  ]
    .filter(Boolean)
    .join("\n");
}

/** Whether a notification can show the whole request, so that its answer may be given there. */
export function fitsNotification(permission: PermissionView): boolean {
  const text = questionText(permission);
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

function answersOf({ kind, session }: Notice): readonly Offered[] {
  const open = { title: t("Open"), command: "segue.open" };
  switch (kind) {
    case "question":
    case "form":
      return [{ title: t("Answer…"), command: "segue.answer" }];
    case "plan":
      return [{ title: t("Show the Plan"), command: "segue.openInEditor" }];
    case "trouble":
      return session.canResume ? [{ title: t("Resume"), command: "segue.resume" }, open] : [open];
    case "ready":
      return session.stat.files > 0 ? [{ title: t("Review Changes"), command: "segue.review" }] : [open];
  }
}

export function noticeText(notice: Notice): string {
  const title = inert(notice.session.title);
  switch (notice.kind) {
    case "question": {
      const question = questionText(notice.permission).split("\n").map(inert).join(" — ");
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
