/** The server as the window sees it: whether it may run, runs, comes back or is given up. Knows no verb of it. */

import { accessSync, constants } from "node:fs";
import { env, workspace, type CancellationToken } from "vscode";
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

export type ServerState =
  | { readonly kind: "untrusted" | "starting" | "running" | "stopped" }
  | { readonly kind: "retrying" | "failed"; readonly failure: Failure };

/** Trying again would not help. */
const LASTING = new Set(["server_missing", "incompatible_version"]);

export class Server extends Disposable {
  private readonly states = this.register(new Signal<ServerState>());
  private readonly changes = this.register(new Signal<ItemsParams>());
  private readonly backoff = new Backoff();
  private readonly reporter: Reporter;
  private readonly version: string;
  private current: ServerState = { kind: "stopped" };
  private connection: Connection | undefined;
  private life: { readonly over: AbortController; readonly task: Promise<void> } | undefined;

  readonly onState = this.states.event;
  readonly onItems = this.changes.event;

  constructor(reporter: Reporter, version: string) {
    super();
    this.reporter = reporter;
    this.version = version;
    this.register(workspace.onDidGrantWorkspaceTrust(() => this.start()));
    this.register(
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("segue.server.command")) {
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
      const failure = await this.connect(over);
      if (isOver(over)) {
        return;
      }
      this.reporter.log.warn(`[${failure.reason}] ${failure.message}`);
      const delayMs = LASTING.has(failure.reason) ? undefined : this.backoff.failed(performance.now());
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
  private async connect(over: AbortSignal): Promise<Failure> {
    if (this.current.kind !== "retrying") {
      this.enter({ kind: "starting" });
    }
    try {
      const connection = await Connection.open({
        command: findCommand(),
        info: this.clientInfo(),
        log: this.reporter.log,
        onItems: (changes) => this.changes.fire(changes),
      });
      if (isOver(over)) {
        await connection.close();
        return serverGone("");
      }
      this.connection = connection;
      this.enter({ kind: "running" });
      await connection.closed;
      return serverGone(connection.lastWords);
    } catch (error) {
      return failureOf(error);
    } finally {
      this.connection = undefined;
    }
  }

  private clientInfo() {
    const client = `${env.appName} (segue ${this.version})`;
    return {
      client,
      version: this.version,
      protocol: PROTOCOL_VERSION,
      environment: sessionEnvironment(process.env),
      showsPermissions: true,
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

function findCommand(): Command {
  const configured = workspace.getConfiguration("segue").get<readonly string[]>("server.command", []);
  const command = serverCommand(configured, process.env, isProgram);
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
