/** The rules on what agents may do without asking: read, forgotten, or opened to be written by hand. */

import { QuickPickItemKind, ThemeIcon, Uri, window, workspace, type QuickPickItem } from "vscode";
import { listRules, revokeRule, type ListRulesResult, type RuleView } from "../protocol/generated.ts";
import { Cancelled } from "../shared/failure.ts";
import { t } from "../shared/l10n.ts";
import { iconless } from "../shared/text.ts";
import type { Context } from "./context.ts";

interface RuleItem extends QuickPickItem {
  readonly rule?: RuleView;
}

const ICONS = { allow: "check", ask: "question", deny: "circle-slash" } as const;
const EXAMPLE = `# Rules on what agents may do without asking: deny before ask before allow. Nothing else can change this file.
#
# deny_after_minutes = 60   # what nobody answers is denied then; without this it waits for ever
#
# [[rule]]
# effect = "allow"          # or "ask", "deny"
# command = "npm test"      # exactly this; "npm run *" with any arguments
# agent = "claude"          # optional, as are mode = "background" or "inline", and repository = "/its/root"
#
# [[rule]]
# effect = "deny"
# tool = "edit"             # a kind of tool: edit, read, delete, move, search, fetch …, or "*"
# paths = ["infra/**"]
`;

export async function showRules(context: Context): Promise<void> {
  const found = await context.server.request(listRules, {});
  const chosen = await window.showQuickPick(itemsFor(found), {
    title: t("Permission Rules"),
    placeHolder: t("Pick a remembered rule to forget it, or open the file of your own rules"),
    matchOnDescription: true,
  });
  if (chosen === undefined) {
    throw new Cancelled();
  }
  if (chosen.rule?.source === "remembered") {
    await forget(context, chosen.rule);
    return;
  }
  await openFile(found.file);
}

async function forget(context: Context, rule: RuleView): Promise<void> {
  const yes = t("Forget");
  const question = t("Ask again about {0}?", rule.about);
  const picked = await window.showWarningMessage(question, { modal: true, detail: rule.where }, yes);
  if (picked !== yes) {
    throw new Cancelled();
  }
  await context.server.request(revokeRule, { ruleId: rule.id });
}

async function openFile(path: string): Promise<void> {
  const file = Uri.file(path);
  try {
    await workspace.fs.stat(file);
  } catch {
    await workspace.fs.writeFile(file, new TextEncoder().encode(EXAMPLE));
  }
  await window.showTextDocument(await workspace.openTextDocument(file), { preview: false });
}

function itemsFor({ rules, problem, denyAfterMinutes }: ListRulesResult): readonly RuleItem[] {
  const rowsOf = (source: RuleView["source"]) => rules.filter((rule) => rule.source === source).map(ruleItem);
  const open: RuleItem = { label: t("Open the file of your own rules"), iconPath: new ThemeIcon("edit") };
  const warning: RuleItem[] =
    problem === undefined
      ? []
      : [
          {
            label: t("Nothing is allowed without asking"),
            detail: iconless(problem),
            iconPath: new ThemeIcon("warning"),
          },
        ];
  const limit: RuleItem[] =
    denyAfterMinutes === undefined
      ? []
      : [
          {
            label: t("What nobody answers within {0} minutes is denied", denyAfterMinutes),
            iconPath: new ThemeIcon("clock"),
          },
        ];
  return [
    ...warning,
    ...limit,
    open,
    { label: t("Yours"), kind: QuickPickItemKind.Separator },
    ...rowsOf("file"),
    { label: t("Remembered from answers"), kind: QuickPickItemKind.Separator },
    ...rowsOf("remembered"),
  ];
}

function ruleItem(rule: RuleView): RuleItem {
  return {
    label: iconless(rule.about),
    description: iconless(rule.where),
    iconPath: new ThemeIcon(ICONS[rule.effect]),
    rule,
  };
}
