/** Collects every text of the extension: what a translator copies to `bundle.l10n.LANGUAGE.json` and translates. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** Text to text, sorted; throws where a call of `t` has no literal text. */
export function bundle(folder: string): Readonly<Record<string, string>> {
  const texts = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith("l10n.ts"))
    .flatMap((path) => textsOf(join(folder, path)));
  return Object.fromEntries([...new Set(texts)].sort().map((text) => [text, text]));
}

function textsOf(path: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "t") {
      const [first] = node.arguments;
      if (first === undefined || !ts.isStringLiteralLike(first)) {
        throw new Error(`${path}: t() needs a literal text: ${node.getText()}`);
      }
      found.push(first.text);
    }
    if (ts.isVariableDeclaration(node) && node.name.getText() === "SERVER_TEXTS") {
      found.push(...serverTexts(node));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true));
  return found;
}

/** Texts that come from the server at run time; they are listed in what is generated from its code. */
function serverTexts({ initializer }: ts.VariableDeclaration): readonly string[] {
  return initializer !== undefined && ts.isArrayLiteralExpression(initializer)
    ? initializer.elements.filter(ts.isStringLiteralLike).map(({ text }) => text)
    : [];
}
