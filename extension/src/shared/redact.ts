/** Takes secrets out of text that is to be given away. Knows what they look like and what they are called. */

const SECRET_NAME = /key|token|secret|passw|credential|auth|cookie/i;
/** Shorter values would take half of every text along. */
const SHORTEST = 6;
const GONE = "‹removed›";

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, GONE],
  [/\b(?:sk|pk|rk|glpat|pypi|xox[a-z])-[\w-]{12,}/g, GONE],
  [/\b(?:gh[a-z]|github_pat|npm|hf)_\w{16,}/g, GONE],
  [/\bAKIA[0-9A-Z]{12,}/g, GONE],
  [/\bAIza[\w-]{30,}/g, GONE],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, GONE],
  [/\b(bearer|basic)(\s+)[\w.~+/=-]{6,}/gi, `$1$2${GONE}`],
  [/\b([a-z][a-z+.-]{1,20}:\/\/)[^\s/@]{1,200}@/gi, `$1${GONE}@`],
  [
    /([\w-]{0,40}(?:key|token|secret|passw(?:or)?d|credential)[\w-]{0,40}["']?\s?[=:]\s?["']?)[^\s"',;‹]{4,}/gi,
    `$1${GONE}`,
  ],
  [/\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+/g, "‹address›"],
];

export interface Known {
  /** Variables, some of which hold secrets. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The person's home, which often is their name. */
  readonly home: string;
}

/** `text` without the values of `known` that are secrets, and without what looks like one. */
export function redact(text: string, { environment, home }: Known): string {
  const values = Object.entries(environment)
    .filter(([name, value]) => SECRET_NAME.test(name) && value !== undefined && value.length >= SHORTEST)
    .map(([, value]) => value ?? "")
    .sort((one, other) => other.length - one.length);
  const known = values.reduce((left, value) => left.replaceAll(value, GONE), text);
  const unknown = PATTERNS.reduce((left, [pattern, put]) => left.replace(pattern, put), known);
  return home.length > 1 ? unknown.replaceAll(home, "~") : unknown;
}
