/** One connection: a bridge process and the language client that talks to it. Knows how it begins and ends, once. */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { CancellationToken, LogOutputChannel, TextDocument } from "vscode";
import {
  CloseAction,
  DidChangeConfigurationNotification,
  DidOpenTextDocumentNotification,
  ErrorAction,
  RevealOutputChannelOn,
  type StaticFeature,
} from "vscode-languageclient";
import { LanguageClient, type DynamicFeature } from "vscode-languageclient/node";
import type { ClientInfo, ItemsParams, Request, SaveParams } from "../protocol/generated.ts";
import { items, reloaded, save } from "../protocol/generated.ts";
import { Failed, failureOf, type Failure } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import type { Command } from "./command.ts";
import { saveAgain, Synchronizing } from "./documentSync.ts";

const START_LIMIT_MS = 60_000;
/** Characters of the bridge's error output that are kept to say why it ended. */
const LAST_WORDS = 400;

export interface ConnectionOptions {
  readonly command: Command;
  readonly info: ClientInfo;
  readonly log: LogOutputChannel;
  readonly onItems: (changes: ItemsParams) => void;
  /** Takes care of documents that are told of later. */
  readonly report: (opening: Promise<unknown>) => void;
}

/**
 * Features that stay out: with the first the server's verbs would become commands of the window beside our own, with
 * the second it would be asked for documents while it restarts; the last two are for editors that have nothing better.
 */
const LEFT_OUT = new Set([
  "workspace/executeCommand",
  "workspace/textDocumentContent",
  "textDocument/codeLens",
  "textDocument/codeAction",
]);

class QuietClient extends LanguageClient {
  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    if (!("registrationType" in feature && LEFT_OUT.has(feature.registrationType.method))) {
      super.registerFeature(feature);
    }
  }

  /** The log only; what a person should see is told once, by `Server`. */
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

export class Connection {
  /** Resolves when the connection is over, however that came. */
  readonly closed: Promise<void>;
  private readonly client: QuietClient;
  private readonly child: ChildProcess;
  private readonly synchronizing: Synchronizing;
  private said = "";

  private constructor(child: ChildProcess, options: ConnectionOptions) {
    this.child = child;
    const ended = Promise.withResolvers<undefined>();
    this.closed = ended.promise;
    this.synchronizing = new Synchronizing({
      tellReloaded: (params) => this.client.sendNotification(reloaded.method, params),
      open: async (document) => {
        const opening = this.client.getFeature(DidOpenTextDocumentNotification.method).getProvider(document);
        await opening?.send(document);
      },
      tellSettings: (params) => this.client.sendNotification(DidChangeConfigurationNotification.type, params),
      report: options.report,
    });
    this.client = new QuietClient("segue", "Segue", () => Promise.resolve(child), {
      documentSelector: [{ scheme: "file" }],
      middleware: this.synchronizing.middleware,
      outputChannel: options.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: { segue: options.info },
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          ended.resolve(undefined);
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      this.said = (this.said + chunk.toString()).slice(-LAST_WORDS);
    });
    child.once("exit", (code, signal) => {
      this.synchronizing.dispose();
      options.log.info(`The bridge ended (${signal ?? code ?? "?"}).`);
      ended.resolve(undefined);
    });
    this.client.onNotification(items.method, options.onItems);
    this.client.onNotification(save.method, (params: SaveParams) => options.report(saveAgain(params)));
  }

  /** Start the bridge and initialize; throws `Failed` where that does not work. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const { program, args } = options.command;
    options.log.info(`Starting ${[program, ...args].join(" ")}`);
    const child = spawn(program, args, { stdio: "pipe" });
    try {
      await once(child, "spawn");
    } catch (error) {
      throw new Failed({
        reason: "server_missing",
        message: t("Segue's server could not be started: {0}.", failureOf(error).message),
        action: t("Set `segue.server.command` to the command that starts it."),
      });
    }
    const connection = new Connection(child, options);
    await connection.initialize();
    return connection;
  }

  /** What the bridge wrote to its error output last; empty where it said nothing. */
  get lastWords(): string {
    return this.said.trim().replace(/^segue: /, "");
  }

  /** The daemon's, which may be older than what was started here. */
  get serverVersion(): string | undefined {
    return this.client.initializeResult?.serverInfo?.version;
  }

  async request<P, R>(type: Request<P, R>, params: P, token?: CancellationToken): Promise<R> {
    try {
      // A token that is undefined would be sent as a second parameter.
      return await this.client.sendRequest<R>(type.method, params, ...(token === undefined ? [] : [token]));
    } catch (error) {
      throw this.client.isRunning() ? error : gone();
    }
  }

  /** See `Synchronizing`. */
  hold(document: TextDocument): () => Promise<void> {
    return this.synchronizing.hold(document);
  }

  /** End it; sessions go on in the daemon. */
  async close(): Promise<void> {
    try {
      if (this.client.isRunning()) {
        await this.client.stop();
      }
    } finally {
      this.synchronizing.dispose();
      this.child.kill();
    }
  }

  private async initialize(): Promise<void> {
    const limit = Promise.withResolvers<never>();
    const timer = setTimeout(() => limit.reject(gone()), START_LIMIT_MS);
    const over = this.closed.then(() => Promise.reject(gone(this.lastWords)));
    try {
      await Promise.race([this.client.start(), over, limit.promise]);
      await this.synchronizing.start();
    } catch (error) {
      this.child.kill();
      throw new Failed(failureOf(error));
    } finally {
      clearTimeout(timer);
      over.catch(() => undefined);
    }
  }
}

function gone(lastWords = ""): Failed {
  return new Failed(serverGone(lastWords));
}

/** `lastWords` are the bridge's own, whole sentences where it could write them. */
export function serverGone(lastWords: string): Failure {
  return {
    reason: "server_gone",
    message: [t("The connection to Segue's server ended."), lastWords].filter(Boolean).join(" "),
    action: t("Agents go on."),
  };
}
