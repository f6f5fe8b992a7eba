/** Virtual documents of what agents made: inert text by blob, never files of a worktree. Knows the scheme. */

import { Uri, workspace, type CancellationToken, type TextDocumentContentProvider } from "vscode";
import type { Server } from "../client/server.ts";
import type { Request } from "../protocol/generated.ts";
import { Disposable } from "../shared/disposable.ts";
import { failureOf } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";

const SCHEME = "segue";
const RESULT = "result";

/** LSP's own request. */
const textDocumentContent: Request<{ readonly uri: string }, { readonly text: string }> = {
  method: "workspace/textDocumentContent",
};

/**
 * The server's document under the file's own path: the editor takes two different paths for a rename and shows them.
 * The server's URI is the query.
 */
export function documentUri(path: string, uri: string | undefined): Uri | undefined {
  return uri === undefined ? undefined : Uri.from({ scheme: SCHEME, path: `/${path}`, query: uri });
}

/** The side that the agent made: what is said about its lines is said about the agent's own file. */
export function resultUri(path: string, uri: string | undefined): Uri | undefined {
  return documentUri(path, uri)?.with({ fragment: RESULT });
}

/** Which session's file a document shows as the agent made it; undefined for every other document. */
export function reviewed({ scheme, path, query, fragment }: Uri): { sessionId: string; path: string } | undefined {
  const [, sessionId] = /^segue:\/([^/]+)\//.exec(query) ?? [];
  const isResult = scheme === SCHEME && fragment === RESULT;
  return isResult && sessionId !== undefined ? { sessionId, path: path.slice(1) } : undefined;
}

export class ReviewDocuments extends Disposable implements TextDocumentContentProvider {
  private readonly server: Server;

  constructor(server: Server) {
    super();
    this.server = server;
    this.register(workspace.registerTextDocumentContentProvider(SCHEME, this));
  }

  async provideTextDocumentContent(uri: Uri, token: CancellationToken): Promise<string> {
    try {
      const { text } = await this.server.request(textDocumentContent, { uri: uri.query }, token);
      return text;
    } catch (error) {
      const { message, action } = failureOf(error);
      return t("Segue cannot show this file: {0} {1}", message, action);
    }
  }
}
