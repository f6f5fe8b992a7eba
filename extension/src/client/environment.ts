/** Which variables of the window a session may have. Knows names; reads no environment itself. */

const NAMES = new Set([
  "COLORTERM",
  "HOME",
  "LANG",
  "LANGUAGE",
  "LOGNAME",
  "PATH",
  "PATHEXT",
  "SHELL",
  "SSH_AUTH_SOCK",
  "SYSTEMROOT",
  "TEMP",
  "TMP",
  "TMPDIR",
  "TZ",
  "USER",
  "USERNAME",
  "USERPROFILE",
  "VIRTUAL_ENV",
  "APPDATA",
  "LOCALAPPDATA",
]);
const PATTERNS = [
  /^LC_/,
  /^XDG_/,
  /_API_KEY$/,
  /^(ANTHROPIC|CLAUDE|CODEX|GEMINI|GOOGLE|MISTRAL|OPENAI)_/,
  /_proxy$/i,
  /^npm_config_/i,
  /^PIP_/,
];

export type Environment = Readonly<Record<string, string | undefined>>;

/** What of `environment` goes to the server, which keeps what its own allow-list names. */
export function sessionEnvironment(environment: Environment): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && isAllowed(entry[0]),
  );
  return Object.fromEntries(kept);
}

function isAllowed(name: string): boolean {
  return NAMES.has(name) || PATTERNS.some((pattern) => pattern.test(name));
}
