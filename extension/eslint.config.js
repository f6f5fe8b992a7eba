import tseslint from "typescript-eslint";

/** Layers from the innermost; a folder may import itself and what stands before it, siblings not each other. */
const ranks = [
  ["shared"],
  ["protocol"],
  ["client"],
  ["sessions"],
  ["views", "review", "webview"],
  ["panes", "pairing"],
  ["commands"],
];

const layers = ranks.flatMap((rank, position) =>
  rank.map((layer) => ({
    files: [`src/${layer}/**/*.ts`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: `^\\.\\./(${[...ranks.slice(position + 1).flat(), ...rank.filter((other) => other !== layer)].join("|") || "-"}|extension)(/|\\.)`,
              message:
                "shared ← protocol ← client ← sessions ← {views, review, webview} ← {panes, pairing} ← commands ← extension",
            },
          ],
        },
      ],
    },
  })),
);

/** What holds a rule of its own, and therefore runs in the unit tests without an editor. */
const pure = [
  "src/shared/{disposable,failure,signal,text}.ts",
  "src/protocol/**",
  "src/client/{backoff,command,environment,python,bundledServer}.ts",
  "src/sessions/{buckets,filter,mirror,peek,verbs}.ts",
  "src/views/{rows,notices,outcomes}.ts",
  "src/panes/pages.ts",
  "src/webview/**",
  "src/review/multiDiff.ts",
  "src/pairing/{hunks,words}.ts",
];

export default tseslint.config(
  { ignores: ["dist/", "node_modules/"] },
  ...tseslint.configs.strictTypeChecked,
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", 40],
      "max-params": ["error", 4],
      "no-restricted-exports": ["error", { restrictDefaultExports: { direct: true } }],
    },
  },
  ...layers,
  {
    files: pure,
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        { paths: ["vscode"], patterns: ["vscode-languageclient*"] },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: { "max-lines-per-function": "off", "@typescript-eslint/no-floating-promises": "off" },
  },
  { files: ["src/protocol/generated.ts"], rules: { "max-lines": "off" } },
  { files: ["**/*.js"], ...tseslint.configs.disableTypeChecked },
);
