/** The page's one door to its host: posts intents, checks news, keeps navigation over a reload. */

import { newsOf, type Intent, type News } from "../protocol/webview.ts";

interface Api {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare const acquireVsCodeApi: (() => Api) | undefined;

/** What a reload brings back: nothing that the server knows. */
export interface Kept {
  readonly sessionId: string;
  readonly isTimelineOpen: boolean;
}

const api: Api | undefined = typeof acquireVsCodeApi === "function" ? acquireVsCodeApi() : undefined;

export function post(intent: Intent): void {
  api?.postMessage(intent);
}

/** Returns what ends it. */
export function listen(take: (news: News) => void): () => void {
  const hear = (event: MessageEvent<unknown>) => {
    const news = newsOf(event.data);
    if (news !== undefined) {
      take(news);
    }
  };
  window.addEventListener("message", hear);
  return () => window.removeEventListener("message", hear);
}

/** The few last sessions are kept. */
export function keep(kept: Kept): void {
  const others = all().filter(({ sessionId }) => sessionId !== kept.sessionId);
  api?.setState([kept, ...others].slice(0, 20));
}

export function kept(sessionId: string): Kept | undefined {
  return all().find((each) => each.sessionId === sessionId);
}

function all(): readonly Kept[] {
  const state = api?.getState();
  return Array.isArray(state) ? (state as readonly Kept[]) : [];
}
