/** Starts and ends what a journey runs on: the editor and Segue's daemon. Knows processes and folders; no DOM. */
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const VENV = join(ROOT, ".venv", "bin");

/** What is not looked at and costs: a blinking cursor is drawn twice a second. */
const STILL = { "editor.cursorBlinking": "solid" };

/** A short, fresh folder for one run: unix socket paths below it must stay under 104 bytes. */
export function makeScratch() {
  return mkdtempSync(join(tmpdir(), "j"));
}

export function removeScratch(path) {
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}

/** The VSIX under test: `SEGUE_VSIX`, or one built now from `extension/`. */
export function buildVsix() {
  if (process.env.SEGUE_VSIX) return process.env.SEGUE_VSIX;
  const built = join(ROOT, "extension", "dist", "segue.vsix");
  execFileSync(join(VENV, "npm"), ["run", "--silent", "--prefix", join(ROOT, "extension"), "vsix"], { stdio: "pipe" });
  if (!existsSync(built)) throw new Error("`npm run vsix` made no extension/dist/segue.vsix");
  return built;
}

/** Segue's own folders for one editor, and the environment in which everything of that editor runs. */
export class Home {
  constructor(path) {
    this.path = path;
    this.data = join(path, "d");
    this.runtime = join(path, "r");
    this.home = join(path, "h");
    for (const folder of [this.data, this.runtime, this.home]) mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.env = {
      ...process.env,
      HOME: this.home,
      SEGUE_DATA_DIR: this.data,
      SEGUE_RUNTIME_DIR: this.runtime,
      PATH: `${VENV}${delimiter}${process.env.PATH}`,
    };
  }

  /** Have an agent `scripted` that does what its prompt says: see `tests/agents/fake_agent.py`. */
  defineScripted() {
    const folder = join(this.data, "agents");
    mkdirSync(folder, { mode: 0o700 });
    const agent = join(ROOT, "tests", "agents", "fake_agent.py");
    const command = [join(VENV, "python"), "-I", agent, "--offer", "config", "--images"];
    const title = 'title = "Scripted"\ndescription = "Does what its prompt says"';
    writeFileSync(join(folder, "scripted.toml"), `name = "scripted"\n${title}\ncommand = ${JSON.stringify(command)}\n`);
  }

  /** End the daemon, and the agents that would go on without it. */
  end() {
    return promisify(execFile)(join(VENV, "python"), [join(ROOT, "tools", "process_end.py")], { env: this.env });
  }

  /** Run `segue …` in `folder`. Resolves to `{stdout, stderr}`; rejects when it exits non-zero. */
  segue(folder, ...args) {
    return promisify(execFile)(join(VENV, "segue"), args, { cwd: folder, env: this.env });
  }
}

export class EditorProcess {
  #process;

  /**
   * Start code-server through `tools/editor.py`; resolves once it answers.
   * @param {{home: Home, folder: string, vsix?: string, trust?: "on" | "off", settings?: object, isBare?: boolean}} launch
   */
  static async start({ home, folder, vsix, trust = "off", settings = {}, isBare = false }) {
    const editor = new EditorProcess();
    const args = [
      join(ROOT, "tools", "editor.py"),
      "--folder",
      folder,
      "--run",
      join(home.path, "e"),
      "--trust",
      trust,
    ];
    const machine = isBare ? {} : { "segue.server.command": [join(VENV, "segue")] };
    args.push("--settings", JSON.stringify({ ...STILL, ...settings }), "--machine-settings", JSON.stringify(machine));
    if (vsix) args.push("--vsix", vsix);
    editor.#process = spawn(join(VENV, "python"), args, { env: home.env, stdio: ["pipe", "pipe", "inherit"] });
    for await (const line of createInterface({ input: editor.#process.stdout })) {
      editor.url = JSON.parse(line).url;
      return editor;
    }
    throw new Error("The editor did not start.");
  }

  /** End it with everything it started. */
  async end() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.stdin.end();
    await ended;
  }
}
