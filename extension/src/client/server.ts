/** The server as the window sees it: whether it may run, runs, comes back or is given up. Knows no verb of it. */

import { accessSync, constants } from "node:fs";
import { env, workspace, type CancellationToken, type TextDocument } from "vscode";
import { PROTOCOL_VERSION, type ItemsParams, type Request } from "../protocol/generated.ts";
import { Disposable } from "../shared/disposable.ts";
import { Cancelled, Failed, failureOf, type Failure } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import type { Reporter } from "../shared/report.ts";
import { Signal } from "../shared/signal.ts";
import { Backoff } from "./backoff.ts";
import { serverCommand, type Command } from "./command.ts";
import { Connection, serverGone } from "./connection.ts";
import { sessionEnvironment } from "./environment.ts";
import type { Installation } from "./installation.ts";

export type ServerState =
  | { readonly kind: "untrusted" | "installing" | "starting" | "running" | "stopped" }
  | { readonly kind: "retrying" | "failed"; readonly failure: Failure };

/** Trying again would not help. */
const LASTING = new Set(["server_missing", "incompatible_version"]);

export interface ServerOptions {
  readonly reporter: Reporter;
  /** Of the extension. */
  readonly version: string;
  /** The server that came with the extension, if one did. */
  readonly installation: Installation | undefined;
}

/** How a connection ended. */
interface End {
  readonly failure: Failure;
  readonly isLasting: boolean;
}

export class Server extends Disposable {
  private readonly states = this.register(new Signal<ServerState>());
  private readonly changes = this.register(new Signal<ItemsParams>());
  private readonly backoff = new Backoff();
  private readonly reporter: Reporter;
  private readonly version: string;
  private readonly installation: Installation | undefined;
  private current: ServerState = { kind: "stopped" };
  private connection: Connection | undefined;
  private life: { readonly over: AbortController; readonly task: Promise<void> } | undefined;

  readonly onState = this.states.event;
  readonly onItems = this.changes.event;

  constructor({ reporter, version, installation }: ServerOptions) {
    super();
    this.reporter = reporter;
    this.version = version;
    this.installation = installation;
    this.register(workspace.onDidGrantWorkspaceTrust(() => this.start()));
    this.register(
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("segue.server.command") || event.affectsConfiguration("segue.python")) {
          reporter.report(this.restart(), "restarting Segue's server");
        }
      }),
    );
  }

  get state(): ServerState {
    return this.current;
  }

  /** The one place from which a process starts: never in a workspace that is not trusted. */
  start(): void {
    if (!workspace.isTrusted) {
      this.enter({ kind: "untrusted" });
    } else if (this.life === undefined) {
      const over = new AbortController();
      this.life = { over, task: this.live(over.signal) };
    }
  }

  async restart(): Promise<void> {
    await this.stop();
    this.backoff.reset();
    this.start();
  }

  async stop(): Promise<void> {
    const { life } = this;
    if (life !== undefined) {
      life.over.abort();
      await this.connection?.close().catch((error: unknown) => this.reporter.log.warn(failureOf(error).message));
      await life.task;
      this.life = undefined;
    }
    this.enter({ kind: "stopped" });
  }

  /** Ask the server; waits while it starts, throws `Failed` with what it or the way to it says. */
  async request<P, R>(type: Request<P, R>, params: P, token?: CancellationToken): Promise<R> {
    const connection = await this.connected();
    try {
      return await connection.request(type, params, token);
    } catch (error) {
      if (token?.isCancellationRequested === true) {
        throw new Cancelled();
      }
      throw new Failed(failureOf(error));
    }
  }

  /** Keep changes of a document from the server until the end is called; see `Synchronizing`. */
  hold(document: TextDocument): () => Promise<void> {
    return this.connection?.hold(document) ?? (() => Promise.resolve());
  }

  private async connected(): Promise<Connection> {
    while (this.connection === undefined) {
      const state = this.current;
      if (state.kind === "failed") {
        throw new Failed(state.failure);
      }
      if (state.kind === "untrusted") {
        throw new Failed(untrusted());
      }
      await new Promise<void>((resolve) => {
        const listening = this.onState(() => {
          listening.dispose();
          resolve();
        });
      });
    }
    return this.connection;
  }

  private async live(over: AbortSignal): Promise<void> {
    while (!isOver(over)) {
      const { failure, isLasting } = await this.connect(over);
      if (isOver(over)) {
        return;
      }
      this.reporter.log.warn(`[${failure.reason}] ${failure.message}`);
      const delayMs = isLasting ? undefined : this.backoff.failed(performance.now());
      if (delayMs === undefined) {
        this.enter({ kind: "failed", failure });
        this.reporter.tell(failure);
        return;
      }
      this.enter({ kind: "retrying", failure });
      await pause(delayMs, over);
    }
  }

  /** One connection from its start to its end; returns why it ended. */
  private async connect(over: AbortSignal): Promise<End> {
    let command: Command;
    try {
      command = configuredCommand() ?? (await this.installed(over)) ?? findCommand();
    } catch (error) {
      return { failure: failureOf(error), isLasting: true };
    }
    if (this.current.kind !== "retrying") {
      this.enter({ kind: "starting" });
    }
    try {
      return { failure: await this.converse(command, over), isLasting: false };
    } catch (error) {
      const failure = failureOf(error);
      const isOld = failure.reason === "incompatible_version" && this.isInstalled(command);
      if (isOld) {
        this.enter({ kind: "retrying", failure });
        await this.installation?.retireOlder(over);
      }
      return { failure, isLasting: LASTING.has(failure.reason) && !isOld };
    } finally {
      this.connection = undefined;
    }
  }

  /** The command of the server that came with the extension, set up first where it is not there yet. */
  private async installed(over: AbortSignal): Promise<Command | undefined> {
    const { installation } = this;
    if (installation === undefined || installation.command !== undefined) {
      return installation?.command;
    }
    this.enter({ kind: "installing" });
    return installation.build(over);
  }

  private isInstalled(command: Command): boolean {
    return this.installation?.command?.program === command.program;
  }

  /** Serve the window until the connection ends; returns why it did, throws where none came about. */
  private async converse(command: Command, over: AbortSignal): Promise<Failure> {
    const connection = await Connection.open({
      command,
      info: this.clientInfo(),
      log: this.reporter.log,
      onItems: (changes) => this.changes.fire(changes),
      report: (opening) => this.reporter.report(opening, t("opening the documents of a new folder")),
    });
    if (isOver(over)) {
      await connection.close();
      return serverGone("");
    }
    this.connection = connection;
    this.enter({ kind: "running" });
    const { installation } = this;
    if (installation !== undefined && this.isInstalled(command)) {
      const isCurrent = connection.serverVersion === installation.version;
      const tidied = isCurrent ? installation.sweep() : installation.retireOlder(over);
      this.reporter.report(tidied, t("seeing to older versions of Segue"));
    }
    await connection.closed;
    return serverGone(connection.lastWords);
  }

  private clientInfo() {
    const client = `${env.appName} (segue ${this.version})`;
    return {
      client,
      version: this.version,
      protocol: PROTOCOL_VERSION,
      environment: sessionEnvironment(process.env),
      agentServers: configuredAgents(),
      showsPermissions: true,
      showsHunks: true,
      commands: [],
    };
  }

  private enter(state: ServerState): void {
    this.current = state;
    this.states.fire(state);
  }
}

/** Asked anew after every wait. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** The setting is of machine scope: no workspace can say what is run (D45). */
function configuredAgents(): Record<string, Record<string, unknown>> {
  const configured = workspace.getConfiguration("segue").get<Record<string, unknown>>("agentServers", {});
  const isTable = (entry: [string, unknown]): entry is [string, Record<string, unknown>] =>
    typeof entry[1] === "object" && entry[1] !== null && !Array.isArray(entry[1]);
  return Object.fromEntries(Object.entries(configured).filter(isTable));
}

function configuredCommand(): Command | undefined {
  const configured = workspace.getConfiguration("segue").get<readonly string[]>("server.command", []);
  return configured.length === 0 ? undefined : serverCommand(configured, process.env, isProgram);
}

/** What a person installed: for an extension that came without a server. */
function findCommand(): Command {
  const command = serverCommand([], process.env, isProgram);
  if (command === undefined) {
    throw new Failed({
      reason: "server_missing",
      message: t("Segue's server was not found: there is no `segue` on PATH."),
      action: t("Install it, or set `segue.server.command` to the command that starts it."),
    });
  }
  return command;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function pause(delayMs: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      over.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    over.addEventListener("abort", done);
  });
}

function untrusted(): Failure {
  return {
    reason: "untrusted",
    message: t("Segue starts nothing in a workspace that you do not trust."),
    action: t("Trust it to delegate tasks."),
  };
}
