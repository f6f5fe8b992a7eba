/** Which Python Segue's environment is made from. Knows names, versions and sentences; runs nothing. */

import { delimiter, isAbsolute, join, sep } from "node:path";
import type { Failure } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";

export const OLDEST = [3, 11] as const;
const NEWEST_NAMED = 15;

/** What a Python says of itself: `PROBE` prints it. */
export interface Told {
  readonly version: readonly number[];
  /** Whether the modules venv and ensurepip are there. */
  readonly hasVenv: boolean;
}

export interface Probe {
  readonly path: string;
  /** Undefined where it did not run. */
  readonly told: Told | undefined;
}

export const PROBE = [
  "import sys, json, importlib.util as u",
  "v = all(u.find_spec(m) for m in ('venv', 'ensurepip'))",
  "print(json.dumps({'version': list(sys.version_info[:3]), 'hasVenv': v}))",
].join("\n");

/**
 * Where a Python may be, best first: what the Python extension chose, then PATH. Nothing relative and nothing inside
 * `folders`: what an agent may have written is not run (S2).
 */
export function candidates(chosen: string | undefined, path: string, folders: readonly string[]): readonly string[] {
  const versions = Array.from({ length: NEWEST_NAMED - OLDEST[1] + 1 }, (_, index) => NEWEST_NAMED - index);
  const names = ["python3", ...versions.map((minor) => `python3.${minor}`), "python"];
  const directories = path.split(delimiter).filter(isAbsolute);
  const found = names.flatMap((name) => directories.map((directory) => join(directory, name)));
  const all = chosen === undefined ? found : [chosen, ...found];
  return [...new Set(all)].filter((each) => isAbsolute(each) && !folders.some((folder) => isBelow(each, folder)));
}

export function isFit({ told }: Probe): boolean {
  return told?.hasVenv === true && isNewEnough(told);
}

/** Why none of them can be used. */
export function unfit(probes: readonly Probe[], configured: string): Failure {
  const choose = t("Install one, or name one with the setting `segue.python`.");
  const bare = probes.find(({ told }) => told !== undefined && isNewEnough(told));
  if (bare !== undefined) {
    return {
      reason: "python_without_venv",
      message: t("{0} lacks the module venv or ensurepip, which Segue needs to set up its server.", bare.path),
      action: t("Install it (Debian, Ubuntu: `apt install python3-venv`), then try again."),
    };
  }
  if (configured !== "") {
    const version = probes[0]?.told?.version.join(".");
    const message =
      version === undefined
        ? t("The setting `segue.python` names {0}, which does not run.", configured)
        : t(
            "The setting `segue.python` names {0}, which is Python {1}; Segue needs 3.11 or newer.",
            configured,
            version,
          );
    return { reason: "python_missing", message, action: t("Name another one, or leave it empty.") };
  }
  const [old] = probes.filter(({ told }) => told !== undefined);
  const message =
    old?.told === undefined
      ? t("Segue needs Python 3.11 or newer, and no Python was found.")
      : t("Segue needs Python 3.11 or newer, and only {0} was found ({1}).", old.told.version.join("."), old.path);
  return { reason: "python_missing", message, action: choose };
}

function isNewEnough({ version: [major = 0, minor = 0] }: Told): boolean {
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
