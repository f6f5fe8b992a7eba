/** What the Python extension says is chosen. It may be absent or slow: nothing depends on it. */

import { extensions, type Uri } from "vscode";

interface Exports {
  readonly environments: {
    getActiveEnvironmentPath(): { readonly path: string };
    resolveEnvironment(
      environment: unknown,
    ): Promise<{ readonly executable: { readonly uri?: Uri | undefined } } | undefined>;
  };
}

const PATIENCE_MS = 10_000;

/** Path of the interpreter that is chosen there, if any. */
export async function chosenPython(): Promise<string | undefined> {
  const python = extensions.getExtension<Exports>("ms-python.python");
  if (python === undefined) {
    return undefined;
  }
  const given = Promise.withResolvers<undefined>();
  const limit = setTimeout(() => given.resolve(undefined), PATIENCE_MS);
  try {
    return await Promise.race([ask(python), given.promise]);
  } catch {
    return undefined; // its API is another one today
  } finally {
    clearTimeout(limit);
  }
}

async function ask(python: { activate(): Thenable<Exports> }): Promise<string | undefined> {
  const { environments } = await python.activate();
  const resolved = await environments.resolveEnvironment(environments.getActiveEnvironmentPath());
  return resolved?.executable.uri?.fsPath;
}
