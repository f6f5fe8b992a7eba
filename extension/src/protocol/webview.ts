/** What crosses between a session's webview and its host, checked on both sides. Knows shapes; knows no window. */

import type {
  Action,
  AppendView,
  Decision,
  GivenView,
  ImageView,
  ItemsParams,
  ItemView,
  OfferView,
  SessionView,
  TurnView,
} from "./generated.ts";

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, Check>>;

const isText: Check = (value) => typeof value === "string" && value.length <= 2 ** 21;
/** Bytes of an image, and images of a prompt. */
export const IMAGE_BYTES = 5 * 2 ** 20;
export const IMAGES = 8;

const isBase64: Check = (value) =>
  typeof value === "string" && value.length <= IMAGE_BYTES * 1.4 && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
const isNumber: Check = (value) => Number.isSafeInteger(value);
const isBoolean: Check = (value) => typeof value === "boolean";
const isIn =
  (...words: readonly string[]): Check =>
  (value) =>
    typeof value === "string" && words.includes(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const shape =
  (fields: Fields): Check =>
  (value) =>
    isRecord(value) && Object.entries(fields).every(([key, check]) => check(value[key]));

/** What a person did. Files and links of an item are named by position: the host knows them, the page invents none. */
export type Intent =
  | { readonly type: "ready" }
  | { readonly type: "older"; readonly before: string }
  | {
      readonly type: "prompt";
      readonly sessionId: string;
      readonly text: string;
      readonly isNow: boolean;
      readonly images: readonly string[];
    }
  | { readonly type: "image" | "openImage"; readonly sessionId: string; readonly hash: string }
  | { readonly type: "attach"; readonly sessionId: string; readonly data: string }
  | { readonly type: "pickImages"; readonly sessionId: string }
  | { readonly type: "configure"; readonly sessionId: string; readonly optionId: string; readonly value: string }
  | { readonly type: "draft"; readonly sessionId: string; readonly text: string }
  | { readonly type: "drop"; readonly sessionId: string; readonly promptId: string; readonly isEdited: boolean }
  | {
      readonly type: "answer";
      readonly sessionId: string;
      readonly requestId: string;
      readonly optionId: string;
      readonly remember?: string;
      readonly reason?: string;
    }
  | {
      readonly type: "reply";
      readonly sessionId: string;
      readonly requestId: string;
      readonly action: Action;
      readonly values: readonly GivenView[];
    }
  | {
      readonly type: "decidePlan";
      readonly sessionId: string;
      readonly key: string;
      readonly decision: Decision;
      readonly text?: string;
    }
  | {
      readonly type: "commentPlan";
      readonly sessionId: string;
      readonly key: string;
      readonly first: number;
      readonly last: number;
      readonly text: string;
    }
  | {
      readonly type: "uncommentPlan";
      readonly sessionId: string;
      readonly key: string;
      readonly commentId: string;
    }
  | { readonly type: "visit"; readonly sessionId: string; readonly requestId: string }
  | { readonly type: "openLocation"; readonly itemId: string; readonly index: number }
  | { readonly type: "openDiff"; readonly itemId: string; readonly index: number }
  | { readonly type: "openLink"; readonly href: string }
  | { readonly type: "showTurn"; readonly turn: number }
  | { readonly type: "rollBack"; readonly turn: number }
  | { readonly type: "mention"; readonly what: Mention }
  | { readonly type: "run"; readonly command: PageCommand };

export const MENTIONS = ["file", "symbol", "problem", "selection"] as const;
export type Mention = (typeof MENTIONS)[number];

/** Commands of the table that the page may ask for, always about the session that it shows. */
export const PAGE_COMMANDS = [
  "segue.startNow",
  "segue.stop",
  "segue.review",
  "segue.merge",
  "segue.openInEditor",
  "segue.switch",
  "segue.runInBackground",
  "segue.delegate",
] as const;
export type PageCommand = (typeof PAGE_COMMANDS)[number];

const INTENTS: Readonly<Record<Intent["type"], Fields>> = {
  ready: {},
  older: { before: isText },
  prompt: { sessionId: isText, text: isText, isNow: isBoolean, images: listOf(isText) },
  image: { sessionId: isText, hash: isText },
  openImage: { sessionId: isText, hash: isText },
  attach: { sessionId: isText, data: isBase64 },
  pickImages: { sessionId: isText },
  configure: { sessionId: isText, optionId: isText, value: isText },
  draft: { sessionId: isText, text: isText },
  drop: { sessionId: isText, promptId: isText, isEdited: isBoolean },
  answer: {
    sessionId: isText,
    requestId: isText,
    optionId: isText,
    remember: optional(isText),
    reason: optional(isText),
  },
  reply: {
    sessionId: isText,
    requestId: isText,
    action: isIn("accept", "decline", "cancel"),
    values: listOf(shape({ name: isText, values: listOf(isText) })),
  },
  decidePlan: {
    sessionId: isText,
    key: isText,
    decision: isIn("approved", "revised", "rejected"),
    text: optional(isText),
  },
  commentPlan: { sessionId: isText, key: isText, first: isNumber, last: isNumber, text: isText },
  uncommentPlan: { sessionId: isText, key: isText, commentId: isText },
  visit: { sessionId: isText, requestId: isText },
  openLocation: { itemId: isText, index: isNumber },
  openDiff: { itemId: isText, index: isNumber },
  openLink: { href: isText },
  showTurn: { turn: isNumber },
  rollBack: { turn: isNumber },
  mention: { what: isIn(...MENTIONS) },
  run: { command: isIn(...PAGE_COMMANDS) },
};

/** Changes of what the page shows: a snapshot replaces, the rest goes by `seq`. `hasOlder` says that items come before. */
export interface ItemsNews extends Pick<ItemsParams, "seq" | "isSnapshot"> {
  readonly type: "items";
  readonly sessionId: string;
  readonly items: readonly ItemView[];
  readonly appends: readonly AppendView[];
  readonly hasOlder: boolean;
}

export type News =
  | { readonly type: "words"; readonly bundle: Readonly<Record<string, string>> }
  | { readonly type: "session"; readonly session?: SessionView }
  | ItemsNews
  | {
      readonly type: "older";
      readonly sessionId: string;
      readonly items: readonly ItemView[];
      readonly hasOlder: boolean;
    }
  | { readonly type: "turns"; readonly sessionId: string; readonly turns: readonly TurnView[] }
  | { readonly type: "draft"; readonly sessionId: string; readonly text: string }
  | { readonly type: "offer"; readonly sessionId: string; readonly offer: OfferView }
  | { readonly type: "sent"; readonly sessionId: string }
  | { readonly type: "insert"; readonly text: string }
  | { readonly type: "attached"; readonly sessionId: string; readonly images: readonly ImageView[] }
  | { readonly type: "image"; readonly sessionId: string; readonly image: ImageView; readonly data: string }
  | { readonly type: "focus" };

const isImage = shape({
  hash: isText,
  mimeType: isIn("image/png", "image/jpeg", "image/gif", "image/webp"),
  size: isNumber,
});
const isItem = shape({
  id: isText,
  kind: isIn(
    "prompt",
    "message",
    "image",
    "thought",
    "tool_call",
    "plan",
    "proposal",
    "permission",
    "question",
    "handover",
    "notice",
  ),
  turn: isNumber,
  seq: isNumber,
  text: optional(isText),
  images: optional(listOf(isImage)),
  content: optional(listOf(shape({ image: optional(isImage) }))),
});
const isSession = shape({
  id: isText,
  seq: isNumber,
  title: isText,
  bucket: isText,
  state: isText,
  permissions: listOf(isRecord),
  questions: listOf(isRecord),
  queue: listOf(shape({ promptId: isText, text: isText, images: optional(listOf(isImage)) })),
});
const isOption = shape({
  optionId: isText,
  name: isText,
  current: isText,
  values: listOf(shape({ value: isText, name: isText })),
});
const isOffer = shape({ options: listOf(isOption), commands: listOf(shape({ name: isText })) });

const NEWS: Readonly<Record<News["type"], Fields>> = {
  words: { bundle: isRecord },
  session: { session: optional(isSession) },
  items: {
    sessionId: isText,
    seq: isNumber,
    isSnapshot: isBoolean,
    items: listOf(isItem),
    appends: listOf(shape({ itemId: isText, seq: isNumber, text: isText })),
    hasOlder: isBoolean,
  },
  older: { sessionId: isText, items: listOf(isItem), hasOlder: isBoolean },
  turns: { sessionId: isText, turns: listOf(shape({ number: isNumber, startedMs: isNumber })) },
  draft: { sessionId: isText, text: isText },
  offer: { sessionId: isText, offer: isOffer },
  sent: { sessionId: isText },
  insert: { text: isText },
  attached: { sessionId: isText, images: listOf(isImage) },
  image: { sessionId: isText, image: isImage, data: isBase64 },
  focus: {},
};

/** What the page said, or undefined where it is nothing that it may say. */
export function intentOf(value: unknown): Intent | undefined {
  return isOf(INTENTS, value) ? (value as Intent) : undefined;
}

/** What the host said, or undefined where it is nothing that this page understands. */
export function newsOf(value: unknown): News | undefined {
  return isOf(NEWS, value) ? (value as News) : undefined;
}

function isOf(table: Readonly<Record<string, Fields>>, value: unknown): boolean {
  const type = isRecord(value) ? value["type"] : undefined;
  const fields = typeof type === "string" && Object.hasOwn(table, type) ? table[type] : undefined;
  return fields !== undefined && shape(fields)(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
