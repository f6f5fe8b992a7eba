// Generated from server/segue/protocol, do not edit; run `python tools/generate.py`.

/** Raised when an older client could misread what a newer server says, or the reverse. */
export const PROTOCOL_VERSION = 2;

/** A request from client to server; `shape` carries the types only and is never there. */
export interface Request<P, R> {
  readonly method: string;
  readonly shape?: (params: P) => R;
}

/** A notification from server to client; `shape` carries the type only and is never there. */
export interface Notification<P> {
  readonly method: string;
  readonly shape?: (params: P) => void;
}

/**
 * - `deny`: Refused without asking.
 * - `ask`: A person is asked, whatever is allowed elsewhere.
 * - `allow`: Done without asking.
 */
export type Effect = "deny" | "ask" | "allow";

/**
 * - `file`: The user wrote it into the policy file.
 * - `remembered`: A person answered a request with "always".
 */
export type Source = "file" | "remembered";

/**
 * - `inline`: The worktree is linked to the user's checkout and open buffers.
 * - `background`: The worktree is on its own.
 */
export type Mode = "inline" | "background";

/**
 * What a field of a form takes.
 *
 * - `boolean`: `true` or `false`.
 * - `choice`: One of its choices.
 * - `choices`: Any of its choices.
 */
export type FieldKind = "text" | "number" | "integer" | "boolean" | "choice" | "choices";

/**
 * ACP's answers to a question.
 *
 * - `accept`: Here is the answer; or: the address was opened.
 * - `decline`: Go on without an answer.
 * - `cancel`: Give up what the answer was wanted for.
 */
export type Action = "accept" | "decline" | "cancel";

/**
 * What became of a plan.
 *
 * - `approved`: The agent carries it out.
 * - `revised`: The agent makes another one, with what was said.
 * - `rejected`: Nothing is done; the session still only plans.
 */
export type Decision = "approved" | "revised" | "rejected";

/**
 * ACP's permission option kinds. Decisions go by kind, never by label.
 *
 * - `unknown`: A kind this version does not know; shown, never chosen by itself.
 */
export type OptionKind = "allow_once" | "allow_always" | "reject_once" | "reject_always" | "unknown";

/**
 * ACP's stop reasons, and Segue's own with a leading underscore.
 *
 * - `end_turn`: The agent finished what it was asked.
 * - `max_tokens`: The model ran out of room.
 * - `max_turn_requests`: The agent made as many requests to its model as it may.
 * - `refusal`: The agent refused to go on.
 * - `cancelled`: Somebody stopped the turn.
 * - `_interrupted`: The agent or its runner died in mid-turn.
 * - `_failed`: The turn could not be run; the message says why.
 */
export type StopReason =
  "end_turn" | "max_tokens" | "max_turn_requests" | "refusal" | "cancelled" | "_interrupted" | "_failed";

/**
 * Whatever may destroy something, and so is preceded by a snapshot.
 *
 * - `undo`: A rollback was taken back; undoing that is a redo.
 * - `around`: Something outside the worktree changed while the agent worked, or, with `undoes`, was put back.
 */
export type ActionKind = "archive" | "delete" | "merge" | "undo_merge" | "rollback" | "undo" | "around";

/** What sessions are grouped by, in the order in which clients show it. */
export type Bucket = "needs_you" | "ready" | "working" | "queued" | "idle" | "done";

/** What a client's colour says. */
export type Tone = "attention" | "failure" | "success" | "active" | "waiting" | "merged" | "quiet";

/**
 * - `creating`: The worktree is being made.
 * - `idle`: Ready for a prompt. Background updates may still arrive.
 * - `running`: A turn runs.
 * - `requires_action`: A turn runs and waits for a person.
 * - `failed`: It cannot go on by itself; `failure` says why. A new prompt tries again where there is a worktree.
 */
export type State = "creating" | "idle" | "running" | "requires_action" | "failed";

/**
 * What a user can do with a session. Clients show them in this order.
 *
 * - `answer`: Answer its permission request, question or plan.
 * - `signin`: Sign in with its agent.
 * - `review`: Look at the files that it changed.
 * - `undo`: Undo its last merge.
 * - `resume`: Let its agent continue an interrupted turn.
 * - `prompt`: Send a prompt; it waits for the end of a running turn.
 * - `say`: Interrupt the turn and send a prompt.
 * - `configure`: Choose its agent's mode, model and other options.
 * - `stop`: Stop its turn and drop its queued prompts.
 * - `queue`: Change its position in the queue, or start it now.
 * - `rollback`: Bring back the files of an earlier turn.
 * - `back`: Undo or redo its last action.
 * - `discard`: Archive it.
 * - `restore`: Bring it back from the archive.
 * - `copy`: Copy the path of its worktree.
 * - `link`: Bring it into the editor.
 * - `unlink`: Send it to the background.
 * - `background`: Allow what it asks for, and send it to the background.
 */
export type Verb =
  | "answer"
  | "signin"
  | "open"
  | "review"
  | "merge"
  | "undo"
  | "resume"
  | "prompt"
  | "say"
  | "configure"
  | "stop"
  | "queue"
  | "rollback"
  | "back"
  | "discard"
  | "restore"
  | "delete"
  | "copy"
  | "link"
  | "unlink"
  | "background"
  | "pin"
  | "unpin";

/**
 * - `image`: Of the agent; `text` says it in words.
 * - `proposal`: A plan in Markdown that a person decides on; `status` is empty while it waits.
 * - `handover`: What Segue told a new agent about the conversation before.
 * - `notice`: A line of Segue's own: a turn that ended, an error, a merge.
 */
export type ItemKind =
  | "prompt"
  | "message"
  | "image"
  | "thought"
  | "tool_call"
  | "plan"
  | "proposal"
  | "permission"
  | "question"
  | "handover"
  | "notice";

/**
 * What can be done with an agent outside of sessions.
 *
 * - `install`: Into a prefix of Segue's own, the release that its definition names.
 * - `check`: Start it, ask who it is, open a session; nothing is prompted.
 * - `methods`: Ask how its user can sign in.
 */
export type AgentAction = "install" | "uninstall" | "check" | "methods" | "sign_in";

/**
 * Where a review comment stands.
 *
 * - `draft`: Collected; goes to the agent with the next *Send*.
 * - `sent`: The agent has it.
 * - `answered`: The turn that it went with has ended.
 */
export type CommentState = "draft" | "sent" | "answered";

/**
 * Where a person moves a session in the line.
 *
 * - `first`: Before all others.
 * - `up`: Before the one that stands in front of it.
 * - `down`: Behind the one that stands after it.
 * - `last`: Behind all others.
 */
export type Move = "first" | "up" | "down" | "last";

/** A rule on what agents may do without asking. */
export interface RuleView {
  readonly id: string;
  readonly effect: Effect;
  readonly source: Source;
  /** What it is about: a command or a kind of tool, named exactly. */
  readonly about: string;
  /** For which agent, mode and repository. */
  readonly where: string;
}

export interface ListRulesResult {
  /** Those that the user wrote first. */
  readonly rules: readonly RuleView[];
  /** Where the user writes rules; it need not exist. */
  readonly file: string;
  /** How long a request waits for a person before it is denied; left out is for ever. */
  readonly denyAfterMinutes?: number;
  /** Why a file of rules cannot be followed; then nothing is allowed without asking. */
  readonly problem?: string;
}

export interface RevokeRuleParams {
  readonly ruleId: string;
}

export interface RevokeRuleResult {
  readonly rule: RuleView;
}

/** A request as an agent might make it. */
export interface TryRulesParams {
  readonly agent: string;
  readonly mode?: Mode;
  /** Any folder in the repository. */
  readonly repository: string;
  readonly command?: string;
  readonly tool?: string;
  /** Relative to the root of the repository. */
  readonly paths?: readonly string[];
}

export interface TryRulesResult {
  readonly effect: Effect;
  /** The rule that decides; none where no rule fits. */
  readonly rule?: RuleView;
  /** Whether the command could be allowed without asking at all. */
  readonly isSimple: boolean;
}

/** What was taken of models, as the agent counted; left out is unknown. */
export interface TokensView {
  readonly input?: number;
  readonly output?: number;
  /** Read from the model's cache; not part of `input`. */
  readonly cached?: number;
  /** Not part of `output`, where it is told. */
  readonly thought?: number;
  /** Written to the model's cache; not part of `input`. */
  readonly cachedWrite?: number;
}

/** An amount of money. */
export interface CostView {
  readonly amount: number;
  /** As the agent names it, usually ISO 4217. */
  readonly currency?: string;
  /** Worked out from tokens and Segue's list of prices; to be shown as such. */
  readonly isEstimate: boolean;
}

export interface ChoiceView {
  /** To be sent back as it is. */
  readonly value: string;
  readonly title: string;
  readonly description?: string;
}

/** One field of a form. */
export interface FieldView {
  readonly name: string;
  readonly kind: FieldKind;
  readonly title: string;
  readonly description?: string;
  readonly isRequired: boolean;
  readonly choices: readonly ChoiceView[];
  /** What stands there before a person answers. */
  readonly defaults: readonly string[];
  /** Of a number; characters of a text; how many of the choices. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** `email`, `uri`, `date`, `date-time` or the agent's word: a hint, never checked. */
  readonly format?: string;
}

/** What was answered to one field, as text: several values only of `choices`, `true` or `false` of `boolean`. */
export interface GivenView {
  readonly name: string;
  readonly values: readonly string[];
}

/** A question that waits, or waited, for a person: a form, or an address to open. */
export interface QuestionView {
  readonly requestId: string;
  readonly message: string;
  readonly fields: readonly FieldView[];
  /** The whole http(s) address; `accept` says that it was opened. */
  readonly url?: string;
  readonly toolCallId?: string;
  /** How it was answered. */
  readonly action?: Action;
  readonly values: readonly GivenView[];
  /** Left out while it waits. */
  readonly decidedBy?: string;
}

export interface AnswerQuestionParams {
  readonly sessionId: string;
  readonly requestId: string;
  readonly action: Action;
  /** What `accept` answers; a field that is not named is left empty. */
  readonly values?: readonly GivenView[];
}

export interface AnswerQuestionResult {
  readonly action: Action;
}

/** A collected comment; it is sent with the decision. */
export interface PlanCommentView {
  readonly commentId: string;
  readonly first: number;
  /** The last line that it is about. */
  readonly last: number;
  readonly text: string;
}

/** A plan that waits; its text stands in the transcript, in the item that has its key. */
export interface PlanProposalView {
  /** Names the plan in a decision. */
  readonly key: string;
  readonly turn: number;
  readonly comments: readonly PlanCommentView[];
  /** Files that its turn changed although it only planned. */
  readonly changed: number;
}

export interface DecidePlanParams {
  readonly sessionId: string;
  /** As `PlanProposalView.key` says; a plan that was decided on, or replaced, is refused. */
  readonly key: string;
  readonly decision: Decision;
  /** Said besides the comments; both are sent to the agent in one prompt, unless the plan is rejected. */
  readonly text?: string;
  /** With an approval: unlink a linked session first, so that the rest runs in the background. */
  readonly isBackground?: boolean;
  /** With that: undecided hunks stay in the checkout as the agent wrote them. */
  readonly keepHunks?: boolean;
}

export interface CommentPlanParams {
  readonly sessionId: string;
  /** As `PlanProposalView.key` says; a plan that was decided on, or replaced, is refused. */
  readonly key: string;
  /** Line of the plan, counted from 1. */
  readonly first: number;
  readonly last: number;
  readonly text: string;
}

export interface DropPlanCommentParams {
  readonly sessionId: string;
  /** As `PlanProposalView.key` says; a plan that was decided on, or replaced, is refused. */
  readonly key: string;
  readonly commentId: string;
}

/** An image that the session has; its content is asked for by its hash. */
export interface ImageView {
  readonly hash: string;
  /** By its content: `image/png`, `image/jpeg`, `image/gif` or `image/webp`. */
  readonly mimeType: string;
  /** Bytes. */
  readonly size: number;
}

export interface AddImageParams {
  readonly sessionId: string;
  /** In base64, at most 5 MiB of content. */
  readonly data: string;
}

export interface AddImageResult {
  /** To be named in a prompt of this session. */
  readonly image: ImageView;
}

export interface ShowImageParams {
  readonly sessionId: string;
  readonly hash: string;
}

export interface ShowImageResult {
  readonly image: ImageView;
  /** In base64. */
  readonly data: string;
  /** Where it stands; a file that nobody should change. */
  readonly path: string;
}

/** A text for people. A client may show it in its user's language, by `text` as the key of its translations. */
export interface PhraseView {
  /** English; `{0}`, `{1}` and so on stand for the values. */
  readonly text: string;
  readonly values: readonly (string | PhraseView)[];
}

/** One answer that the agent offers. */
export interface OptionView {
  readonly optionId: string;
  /** The agent's label. */
  readonly name: string;
  readonly kind: OptionKind;
  /** What it does, in Segue's words; an agent's label may mislead. */
  readonly effect: PhraseView;
}

/** Something that is decided on, whole, with what would be invisible escaped. */
export interface FactView {
  readonly name: PhraseView;
  /** A command may have several lines. */
  readonly values: readonly string[];
}

/** A request that waits, or waited, for a person. */
export interface PermissionView {
  readonly requestId: string;
  readonly title: string;
  readonly options: readonly OptionView[];
  /** What exactly is asked for, besides the title. */
  readonly facts: readonly FactView[];
  /** As in `facts`, for programs; people are shown `facts`. */
  readonly command?: string;
  /** In the same way. */
  readonly directory?: string;
  /** In the same way. */
  readonly paths: readonly string[];
  readonly toolCallId?: string;
  /** The plan in Markdown that the answer decides on. */
  readonly plan?: string;
  /** Option id of the decision. */
  readonly chosen?: string;
  /** Left out while it waits. */
  readonly decidedBy?: string;
  /** What an answer of "always" can remember, narrowest first. */
  readonly remember: readonly RuleView[];
  /** The rule that decided. */
  readonly rule?: string;
  /** The rule that the answer made. */
  readonly remembered?: string;
  /** What the person said with it. */
  readonly reason?: string;
  /** When it is denied, if nobody answers before. */
  readonly expiresMs?: number;
}

export interface AnswerParams {
  readonly sessionId: string;
  readonly requestId: string;
  readonly optionId: string;
  /** Id of one of the request's `remember`: the same is allowed from now on. Goes with an option to allow once. */
  readonly remember?: string;
  /** Said to the agent behind its turn. Goes with an option that refuses. */
  readonly reason?: string;
  /** Unlink a linked session first, so that the rest runs in the background. Goes with an option that allows. */
  readonly isBackground?: boolean;
  /** With that: undecided hunks stay in the checkout as the agent wrote them. */
  readonly keepHunks?: boolean;
}

export interface AnswerResult {
  /** The option that counts. */
  readonly optionId: string;
  /** What was remembered, in words. */
  readonly remembered?: string;
}

/** What changed: files, and lines in text files. */
export interface StatView {
  readonly files: number;
  readonly added: number;
  readonly removed: number;
}

export interface QueuedPromptView {
  readonly promptId: string;
  readonly text: string;
  readonly images: readonly ImageView[];
}

/** What happened, and what to do. */
export interface FailureView {
  readonly reason: string;
  readonly message: string;
  readonly action: string;
}

/** One value that an option can have. */
export interface ConfigValueView {
  /** To be sent back as it is. */
  readonly value: string;
  readonly name: string;
  readonly description?: string;
  /** Heading that it stands under. */
  readonly group?: string;
}

/** Something that can be chosen of an agent: its mode, its model, or whatever else it offers. */
export interface ConfigOptionView {
  readonly optionId: string;
  readonly name: string;
  /** `mode`, `model`, `model_config`, `thought_level`, or the agent's own word. */
  readonly category?: string;
  readonly description?: string;
  /** `select`, `boolean` (values `true` and `false`), or a word of the agent's for something that is only shown. */
  readonly type: string;
  /** What is chosen, also where the agent gets it only before its next prompt. */
  readonly current: string;
  readonly values: readonly ConfigValueView[];
}

/** A slash command of the agent. */
export interface CommandView {
  /** Without the slash. */
  readonly name: string;
  readonly description?: string;
  /** What to write behind it. */
  readonly hint?: string;
}

/** What an agent offers in a session, all of it. */
export interface OfferView {
  readonly options: readonly ConfigOptionView[];
  readonly commands: readonly CommandView[];
}

/** One turn with its checkpoints. */
export interface TurnView {
  readonly number: number;
  readonly prompt: string;
  readonly startedMs: number;
  readonly endedMs?: number;
  readonly stopReason?: StopReason;
  readonly message?: string;
  /** Commit of the checkpoint before it. */
  readonly before?: string;
  readonly after?: string;
  /** Left out where the agent did not count. */
  readonly tokens?: TokensView;
  /** Left out where it is unknown. */
  readonly cost?: CostView;
}

/** A merge that was made. */
export interface MergeView {
  readonly number: number;
  readonly commit: string;
  readonly baseRef: string;
  readonly baseBefore: string;
  /** Changes of the agent that stay with the session, since they need uncommitted work of the user's. */
  readonly leftOut: number;
}

/** What can be taken back next. */
export interface UndoView {
  readonly number: number;
  readonly kind: ActionKind;
  /** What was done, as a short phrase. */
  readonly title: string;
}

/** A group of rows. */
export interface BucketView {
  readonly id: Bucket;
  readonly name: PhraseView;
  /** What a user may type to see only these rows. */
  readonly filters: readonly string[];
  /** Its rows are hidden until the user opens it. */
  readonly isFolded: boolean;
}

/** A row of the panel. Clients render it; what it means and what can be done with it is decided by the server. */
export interface SessionView {
  readonly id: string;
  readonly seq: number;
  readonly title: string;
  readonly agent: string;
  readonly bucket: Bucket;
  /** Rows are sorted by these numbers, compared one after the other; rows of one bucket stand together. */
  readonly order: readonly number[];
  /** What its state is, in a few words. */
  readonly status: PhraseView;
  /** The same as one character, for terminals. */
  readonly sign: string;
  /** The same as a colour. */
  readonly tone: Tone;
  /** Among those that need the user: 0 asks something, 1 failed or was cut off; then the newest comes first. */
  readonly urgency: number;
  readonly state: State;
  readonly mode: Mode;
  readonly repository: string;
  readonly worktree: string;
  readonly branch: string;
  readonly baseRef?: string;
  readonly baseCommit: string;
  readonly createdMs: number;
  readonly updatedMs: number;
  /** One line: what it does, what it asks, or how it ended. */
  readonly activity: string;
  readonly stat: StatView;
  readonly turns: number;
  readonly turnStartedMs?: number;
  readonly stopReason?: StopReason;
  /** Undecided ones, oldest first. */
  readonly permissions: readonly PermissionView[];
  /** Those without an answer, oldest first. */
  readonly questions: readonly QuestionView[];
  /** Its turns only plan until a person approves a plan. */
  readonly isPlanning: boolean;
  readonly proposal?: PlanProposalView;
  /** Left out until its agent has said so. */
  readonly takesImages?: boolean;
  readonly queue: readonly QueuedPromptView[];
  /** In the line of sessions that wait for others to end, from 1. */
  readonly place?: number;
  /** What can be done with it now, in the order in which menus show it. */
  readonly allowed: readonly Verb[];
  /** Why a verb that a user may expect is not allowed now: one sentence each, by the verb's name. */
  readonly reasons: Readonly<Record<string, string>>;
  /** Name of the agent's model, where it tells. */
  readonly model?: string;
  readonly failure?: FailureView;
  readonly isUnread: boolean;
  /** A person wants it first in its bucket, in every window. */
  readonly isPinned: boolean;
  readonly isAgentAlive: boolean;
  readonly isStopping: boolean;
  /** Its turn was interrupted, and its agent can be asked to go on. */
  readonly canResume: boolean;
  /** Its agent wants its user to sign in; the prompt waits in the queue for that. */
  readonly needsSignIn: boolean;
  readonly isArchived: boolean;
  /** What stays of an archived session's folder, and why. */
  readonly folderKept?: string;
  /** The checkout whose buffers and files it shares. */
  readonly linkedTo?: string;
  readonly merged?: MergeView;
  /** What *Undo* would take back. */
  readonly undo?: UndoView;
  readonly redo?: UndoView;
  /** Tokens that stand in the model's context window. */
  readonly contextUsed?: number;
  /** How many go into it. */
  readonly contextSize?: number;
  /** Of all turns, as far as they were counted. */
  readonly tokens?: TokensView;
  /** Of the whole session; left out where it is unknown. */
  readonly cost?: CostView;
}

export interface ToolContentView {
  readonly type: string;
  readonly text: string;
  readonly path?: string;
  readonly oldText?: string;
  readonly image?: ImageView;
}

export interface LocationView {
  readonly path: string;
  readonly line?: number;
}

export interface PlanEntryView {
  readonly content: string;
  readonly status: string;
  readonly priority: string;
}

/** Where in a file a prompt was written; lines count from 0, and the end is exclusive. */
export interface PlaceView {
  readonly uri: string;
  readonly startLine: number;
  readonly endLine: number;
  /** What was written there, without what went along to the agent. */
  readonly words: string;
}

/** An entry of a transcript; which fields are there follows from `kind`. */
export interface ItemView {
  readonly id: string;
  readonly kind: ItemKind;
  readonly turn: number;
  readonly seq: number;
  readonly atMs: number;
  readonly text?: string;
  readonly title?: string;
  readonly toolKind?: string;
  readonly status?: string;
  readonly content?: readonly ToolContentView[];
  readonly locations?: readonly LocationView[];
  readonly input?: string;
  readonly entries?: readonly PlanEntryView[];
  readonly permission?: PermissionView;
  readonly question?: QuestionView;
  /** Of a plan, as `PlanProposalView.key` has it. */
  readonly planKey?: string;
  readonly comments?: readonly PlanCommentView[];
  /** Of a plan: files that its turn changed. */
  readonly changed?: number;
  readonly place?: PlaceView;
  readonly images?: readonly ImageView[];
}

/** `text` was added at the end of an item's text. */
export interface AppendView {
  readonly itemId: string;
  readonly seq: number;
  readonly text: string;
}

export interface BranchView {
  readonly name: string;
  readonly ref: string;
  readonly commit: string;
  readonly checkedOutAt?: string;
}

/** Something worth knowing about a repository before work starts. */
export interface NoteView {
  readonly reason: string;
  readonly message: string;
}

/** A repository as far as delegating needs to know it. */
export interface RepositoryView {
  readonly root: string;
  readonly subfolder: string;
  readonly headRef?: string;
  readonly headCommit: string;
  readonly branches: readonly BranchView[];
  /** Full ref name to offer first. */
  readonly defaultBranch?: string;
  readonly notes: readonly NoteView[];
}

/** One changed file. In `path` undecodable bytes are replaced, in `display` they are escaped; the URIs are exact. */
export interface FileChangeView {
  readonly path: string;
  readonly display: string;
  readonly status: "added" | "modified" | "deleted" | "renamed" | "type_changed";
  /** `text`, `binary`, `symlink`, `submodule` or `lfs`. */
  readonly kind: string;
  readonly oldPath?: string;
  readonly added?: number;
  readonly removed?: number;
  /** Virtual document of the old side; left out where there is none. */
  readonly baseUri?: string;
  readonly resultUri?: string;
}

/** The difference between two checkpoints. */
export interface ChangesetView {
  readonly sessionId: string;
  readonly base: string;
  readonly result: string;
  readonly stat: StatView;
  readonly files: readonly FileChangeView[];
  readonly isTruncated: boolean;
}

export interface ConflictView {
  readonly path: string;
  readonly message: string;
}

export interface SnapshotView {
  /** `worktree`, `checkout` (the user's) or `branch`. */
  readonly what: string;
  readonly ref: string;
  readonly commit: string;
  /** The folder that it was taken of. */
  readonly path?: string;
}

/** One entry of the undo log: something that could have destroyed work, and what leads back. */
export interface ActionView {
  readonly sessionId: string;
  readonly sessionTitle: string;
  readonly number: number;
  readonly kind: ActionKind;
  readonly title: string;
  readonly atMs: number;
  /** When its snapshots may go; left out while something needs them, or where they are gone. */
  readonly expiresMs?: number;
  readonly canUndo: boolean;
  readonly isUndone: boolean;
  readonly isExpired: boolean;
  readonly snapshots: readonly SnapshotView[];
}

/** One line of `segue doctor`. */
export interface CheckView {
  readonly name: string;
  readonly status: "ok" | "warning" | "failed";
  readonly message: string;
  readonly action: string;
}

/** From 1, both ends included. */
export interface LineRangeView {
  readonly first: number;
  readonly last: number;
}

/** Uncommitted work of the user's in one file that the agent's work stands on. */
export interface NeedView {
  readonly path: string;
  /** The file and the lines, in words. */
  readonly place: PhraseView;
  /** In the user's file; empty where it is the file as a whole. */
  readonly lines: readonly LineRangeView[];
  /** Changes of the agent that are left out without it. */
  readonly changes: number;
}

/** What rules a merge out. */
export interface ObstacleView {
  readonly reason: string;
  readonly message: string;
  readonly action: string;
  /** Only until a person confirms it; its reason then goes into `confirmed`. */
  readonly canConfirm: boolean;
}

/** A file of a merge that runs something on the user's machine. */
export interface RunsView {
  readonly path: string;
  readonly kind: "automatic" | "build";
  readonly why: string;
}

/** What a merge would do, said before it is done. */
export interface MergePlanView {
  readonly sessionId: string;
  readonly strategy: "merge" | "squash";
  readonly baseRef: string;
  readonly baseCommit: string;
  readonly result: string;
  /** All of it in words, but for messages and obstacles. */
  readonly sentences: readonly PhraseView[];
  readonly stat: StatView;
  /** Commits that the base gained since the session began. */
  readonly behind: number;
  /** Suggested commit message without trailers. */
  readonly message: string;
  readonly conflicts: readonly ConflictView[];
  /** What rules it out now, conflicts included; empty when it can be applied. */
  readonly obstacles: readonly ObstacleView[];
  readonly notes: readonly NoteView[];
  /** Where the agent's work stands on lines that the user has not committed. */
  readonly needs: readonly NeedView[];
  /** What can be done about `needs`; without a choice among them the plan has an obstacle. */
  readonly choices: readonly ("ask" | "leave" | "commit")[];
  /** Suggested message of the commit in the user's name, where there is one before the merge. */
  readonly firstMessage?: string;
  /** Files in which the user's uncommitted changes stay, with the merge below them. */
  readonly carried: readonly string[];
  /** What the merge brings that runs on the user's machine: first what does so without being started. */
  readonly runs: readonly RunsView[];
}

export interface MergePlanParams {
  readonly sessionId: string;
  readonly strategy?: "merge" | "squash";
  /** Another branch than the session's base. */
  readonly base?: string;
  readonly unfinished?: "ask" | "leave" | "commit";
  /** Reasons of obstacles that a person confirmed. */
  readonly confirmed?: readonly string[];
}

export interface MergePlanResult {
  readonly plan: MergePlanView;
}

export interface MergeParams {
  readonly sessionId: string;
  readonly strategy?: "merge" | "squash";
  readonly baseRef: string;
  /** As the plan said; a base that moved since is refused. */
  readonly baseCommit: string;
  /** As the plan said; a result that changed since is refused. */
  readonly result: string;
  /** Without trailers, which are added. */
  readonly message?: string;
  /** As the plan was made. */
  readonly unfinished?: "ask" | "leave" | "commit";
  /** As the plan was made. */
  readonly confirmed?: readonly string[];
  /** Of the commit in the user's name, where the plan has one. */
  readonly firstMessage?: string;
}

export interface MergeResult {
  readonly merge: MergeView;
  readonly session: SessionView;
}

/** An agent definition and whether it can be started here. */
export interface AgentView {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly isAvailable: boolean;
  /** Why not, and what to do. */
  readonly problem?: string;
  /** What to ask for as prompt: a task, or a shell command. */
  readonly promptHint: string;
  /** `built-in`, `user` (a file of the person's) or `editor` (its settings). */
  readonly source: string;
  /** Of the program that was found, where its package says it. */
  readonly version?: string;
  readonly path?: string;
  /** Where that was found: `segue`, `path`, `npm` or `definition`. */
  readonly place?: string;
  /** Name and version of what Segue can install. */
  readonly package?: string;
  readonly canInstall: boolean;
  /** Whether Segue has installed it, and can remove it. */
  readonly isInstalled: boolean;
  /** Whether it can be asked for a plan first; one that runs commands cannot. */
  readonly canPlan: boolean;
  /** How to sign in, in one sentence. */
  readonly login: string;
  /** Of one session, measured. */
  readonly memoryMb?: number;
  /** What it offered in its newest session, to choose from for the next one; none has a current value. */
  readonly options: readonly ConfigOptionView[];
  /** The file that defines it; an editor's own settings are none. */
  readonly definition?: string;
  /** A session waits for its user to sign in, or the last check said so. */
  readonly needsSignIn: boolean;
  /** What it last failed with when it was installed, checked or signed in with; left out where that went well. */
  readonly trouble?: FailureView;
  /** The last check went well. */
  readonly isChecked: boolean;
  /** What is being done with it. */
  readonly doing?: AgentAction;
}

/** One way to sign in with an agent. */
export interface SignInMethodView {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** `agent`: it does that itself. `terminal`: `command` has to run. `variables`: those have to be set. */
  readonly kind: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly variables: readonly string[];
}

export interface AgentParams {
  readonly name: string;
}

export interface AgentRunParams {
  readonly name: string;
  readonly action: AgentAction;
  /** Of signing in: id of the method. */
  readonly method?: string;
}

export interface AgentProgressParams {
  readonly name: string;
  /** How many lines are known; the answer waits for a while for more. */
  readonly after?: number;
}

/** How far what is done with an agent has come, and how it ended. */
export interface AgentProgress {
  readonly name: string;
  readonly action: AgentAction;
  /** Those behind `after`; inert. */
  readonly lines: readonly string[];
  readonly next: number;
  readonly isRunning: boolean;
  readonly failure?: FailureView;
  /** What the agent offers for signing in, where it was asked. */
  readonly methods: readonly SignInMethodView[];
}

/** A change of the agent that nobody has decided on. */
export interface HunkView {
  readonly id: string;
  /** A decision names it; another one means that something changed since. */
  readonly revision: string;
  readonly path: string;
  readonly uri: string;
  readonly startLine: number;
  /** Equal to `start_line` where lines were only deleted. */
  readonly endLine: number;
  /** Whole lines, as they read if it is rejected. */
  readonly oldText: string;
  /** Whole lines, as they read now. */
  readonly newText: string;
  readonly turn?: number;
  /** A change that has no lines: binary, mode, line ends, symlink, created, deleted, renamed. */
  readonly isWholeFile: boolean;
  /** The path that the file had, and goes or comes back with; what changed in it are hunks of their own. */
  readonly renamedFrom?: string;
  /** What it is, where lines do not say it. */
  readonly message?: string;
}

/** A change of the agent that does not fit: the buffer keeps the person's text until he decides. */
export interface ProposalView {
  readonly id: string;
  readonly revision: string;
  readonly path: string;
  readonly uri: string;
  readonly startLine: number;
  readonly endLine: number;
  /** `overlap`, `suspended`, `delete`, `rename`, `modify`, `whole_file`; `held`: it runs without being started. */
  readonly kind: string;
  /** Whole lines that both sides once agreed on. */
  readonly base: string;
  readonly mine: string;
  readonly theirs: string;
  readonly message: string;
}

/** A review comment, or the reason of a rejection. */
export interface CommentView {
  readonly id: string;
  readonly path: string;
  readonly uri: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly text: string;
  readonly state: CommentState;
  readonly hunkId?: string;
  readonly isRejection: boolean;
  /** What the agent said to it. */
  readonly answer?: string;
}

/** One file of a link in which something is undecided or out of the ordinary. */
export interface LinkFileView {
  readonly path: string;
  readonly uri: string;
  readonly hunks: readonly HunkView[];
  readonly proposals: readonly ProposalView[];
  /** Its text came from somewhere else than typing; nothing flows until a person says so. */
  readonly isSuspended: boolean;
  /** Why it is out of the ordinary. */
  readonly message?: string;
  /** When its changes run on the user's machine: they are accepted file by file, never with others. */
  readonly runs?: string;
}

/** A session that is linked to a checkout. */
export interface LinkView {
  readonly sessionId: string;
  readonly checkout: string;
  readonly files: readonly LinkFileView[];
  readonly comments: readonly CommentView[];
  /** What a person should know. */
  readonly notices: readonly string[];
  /** There are edits of the person that the agent has not got, and no turn runs. */
  readonly canShare: boolean;
}

/** A file that was left out of a decision on several: it runs something on the user's machine. */
export interface HeldView {
  readonly path: string;
  readonly uri: string;
  /** Changes that are in the checkout; 0 where the file, or its executable bit, is held back. */
  readonly hunks: number;
  readonly kind: "automatic" | "build";
  readonly why: string;
}

export interface LinkResult {
  readonly link: LinkView;
  /** What of the decision that was asked for waits for one of its own. */
  readonly held: readonly HeldView[];
}

/** A session that is linked to the checkout now, and goes to the background when another one comes. */
export interface LeavingView {
  readonly sessionId: string;
  readonly title: string;
  readonly hunks: number;
  readonly files: number;
  readonly proposals: number;
  readonly held: number;
  readonly unshared: number;
  readonly comments: number;
  readonly suspended: readonly string[];
}

/** What a switch of a session moves, and what it leaves alone, as it stands now. */
export interface LinkPreview {
  readonly sessionId: string;
  readonly to: "editor" | "background";
  /** All of it in words. */
  readonly sentences: readonly PhraseView[];
  readonly checkout: string;
  /** Changes that nobody decided on; they leave the checkout, or come into it. */
  readonly hunks: number;
  /** Files that those are in. */
  readonly files: number;
  /** Where the person and the agent changed the same. */
  readonly proposals: number;
  /** Files that are held back until the user accepts them. */
  readonly held: number;
  /** Files with edits of the person that the agent has not got. */
  readonly unshared: number;
  /** Collected and not sent; they stay with the session. */
  readonly comments: number;
  /** Files whose text was replaced by a revert, checkout, stash or tool: changes of the agent are left in it. */
  readonly suspended: readonly string[];
  /** Files of the person that stay as they are, from here on. */
  readonly staged: number;
  readonly unstaged: number;
  readonly untracked: number;
  readonly unsaved: number;
  /** The agent works just now, and goes on across the switch. */
  readonly isTurnRunning: boolean;
  readonly unlinks?: LeavingView;
  /** What the session is based on, where something else is checked out. */
  readonly baseBranch?: string;
  /** The branch that is checked out; left out where none is. */
  readonly checkedOut?: string;
  /** The session's own folder, which can be opened as it is. */
  readonly worktree: string;
  /** The base branch can be checked out first: nothing of the person's would have to move. */
  readonly canCheckOut: boolean;
}

export interface LinkPreviewResult {
  readonly preview: LinkPreview;
}

export interface StartLinkParams {
  readonly sessionId: string;
  /** What the session comes onto: what is checked out, or its base branch, which is checked out first. */
  readonly onto?: "present" | "base";
}

export interface StopLinkParams {
  readonly sessionId: string;
  /**
   * Undecided hunks stay in the checkout as the agent wrote them; otherwise they go.
   *
   * Those of files that run something on the person's machine go in any case: accept them first.
   */
  readonly keepHunks?: boolean;
}

export interface Decided {
  readonly hunkId: string;
  readonly revision: string;
}

export interface DecideParams {
  readonly sessionId: string;
  readonly decisions: readonly Decided[];
  readonly decision: "accept" | "reject";
  /** Of a rejection, for the agent; collected like a comment. */
  readonly reason?: string;
  /** It is *Accept All*: what runs on the user's machine is left out and named, also where it is the only file. */
  readonly isAll?: boolean;
}

export interface ResolveParams {
  readonly sessionId: string;
  readonly proposalId: string;
  readonly revision: string;
  readonly take: "theirs" | "mine" | "text";
  /** With `text`: what the lines shall read. */
  readonly text?: string;
}

export interface AddCommentParams {
  readonly sessionId: string;
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly text: string;
  readonly hunkId?: string;
}

/** What pairing was started on. */
export interface SelectionView {
  readonly uri: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly text?: string;
  readonly diagnostics?: readonly string[];
}

export interface MoveQueuedParams {
  readonly sessionId: string;
  readonly to: Move;
}

/** What Segue's own refs keep in a repository. */
export interface RepositoryDiskView {
  readonly repository: string;
  readonly bytes: number;
  /** Entries of undo logs whose snapshots stand. */
  readonly snapshots: number;
  /** Entries whose snapshots are gone. */
  readonly expired: number;
}

/** What Segue takes on the disk, in bytes. */
export interface DiskView {
  readonly worktrees: number;
  readonly runners: number;
  /** Of prompts and answers. */
  readonly images: number;
  readonly journal: number;
  readonly logs: number;
  /** For how long snapshots are kept. */
  readonly keepDays: number;
  readonly repositories: readonly RepositoryDiskView[];
}

export interface RollBackParams {
  readonly sessionId: string;
  readonly turn: number;
  /** Which checkpoint of the turn. */
  readonly side?: "before" | "after";
}

export interface RollBackResult {
  readonly session: SessionView;
  /** Of the entry in the undo log that leads back. */
  readonly number: number;
  /** A prompt that tells the agent; left out where it is none that reads. */
  readonly notice?: string;
}

export interface DeleteResult {
  readonly sessionId: string;
  /** Of the entry in the undo log that leads back. */
  readonly number: number;
  readonly expiresMs: number;
}

export interface ListUndoParams {
  /** Left out means all sessions, deleted ones too. */
  readonly sessionId?: string;
}

export interface ListUndoResult {
  /** Newest first. */
  readonly actions: readonly ActionView[];
}

export interface UndoParams {
  readonly sessionId: string;
  /** An entry of its undo log; left out means the newest that can be undone. An entry that is an undo is redone so. */
  readonly number?: number;
}

export interface UndoResult {
  readonly session: SessionView;
  /** What was taken back. */
  readonly action: ActionView;
  readonly notice?: string;
}

export interface ExportSnapshotParams {
  readonly sessionId: string;
  readonly number: number;
  /** Absolute; a new or empty folder. */
  readonly folder: string;
}

export interface ExportSnapshotResult {
  readonly files: number;
}

/** How the daemon is. */
export interface StatusResult {
  readonly version: string;
  readonly protocol: number;
  readonly pid: number;
  readonly uptimeS: number;
  readonly dataDirectory: string;
  readonly endpoint: string;
  readonly clients: number;
  readonly sessions: number;
  readonly running: number;
  readonly waiting: number;
  /** Sessions that wait for others to end. */
  readonly queued: number;
  /** How many may work at a time; 0 for no limit. */
  readonly maxRunning: number;
  readonly seq: number;
  readonly storeProblem?: string;
  /** What a person should know about how the journal was found. */
  readonly notices: readonly string[];
}

export interface DoctorParams {
  /** A folder whose repository is looked at too. */
  readonly path?: string;
}

export interface DoctorResult {
  readonly checks: readonly CheckView[];
}

/** Agents go on under their runners; the next daemon takes them over. */
export type StopDaemonParams = Readonly<Record<string, never>>;

export interface SessionParams {
  readonly sessionId: string;
}

export interface SessionResult {
  readonly session: SessionView;
}

export interface NewSessionParams {
  /** Any folder in the repository. */
  readonly repository: string;
  readonly agent: string;
  readonly prompt: string;
  /** Branch name or full ref; left out means what is checked out. */
  readonly base?: string;
  readonly title?: string;
  readonly mode?: Mode;
  /** What the prompt is about. */
  readonly selection?: SelectionView;
  /** The agent only plans until a person approves; see `segue/plan/decide`. */
  readonly isPlanned?: boolean;
  /** Values by option id, as `AgentView.options` has them; the agent gets them before its first prompt. */
  readonly options?: Readonly<Record<string, string>>;
  /** For the prompt, each in base64. */
  readonly images?: readonly string[];
}

export interface ListSessionsParams {
  /** Only sessions of the repository that holds this folder. */
  readonly repository?: string;
  readonly includeArchived?: boolean;
}

export interface ListSessionsResult {
  readonly seq: number;
  /** In their order. */
  readonly sessions: readonly SessionView[];
  /** All of them, in their order. */
  readonly buckets: readonly BucketView[];
}

export interface ShowSessionResult {
  readonly seq: number;
  readonly session: SessionView;
  readonly turns: readonly TurnView[];
  readonly items: readonly ItemView[];
  readonly offer: OfferView;
}

export interface PromptParams {
  readonly sessionId: string;
  readonly text: string;
  /** What it is about. */
  readonly selection?: SelectionView;
  /** Cancel the turn that runs and send this before all that is queued; what is queued stays. */
  readonly isNow?: boolean;
  /** Hashes of what `segue/image/add` took. */
  readonly images?: readonly string[];
}

export interface PromptResult {
  readonly promptId: string;
  /** True where it waits: for the end of a turn that runs, or of other sessions. */
  readonly isQueued: boolean;
}

export interface DropPromptParams {
  readonly sessionId: string;
  readonly promptId: string;
}

export interface ConfigureParams {
  readonly sessionId: string;
  readonly optionId: string;
  /** A value, or the name of one. */
  readonly value: string;
}

export interface ConfigureResult {
  readonly offer: OfferView;
}

export interface TurnsResult {
  readonly turns: readonly TurnView[];
}

export interface ChangesetParams {
  readonly sessionId: string;
  /** One turn's changes; left out means all since the base. */
  readonly turn?: number;
}

export interface ChangesetResult {
  readonly changeset: ChangesetView;
}

export interface ChangesetDiffParams {
  readonly sessionId: string;
  /** Of the changeset that was shown. */
  readonly base: string;
  /** Of the same. */
  readonly result: string;
  /** Bytes that the client already has. */
  readonly offset?: number;
}

export interface ChangesetDiffResult {
  /** In base64, the bytes from the offset on, at most 1 MiB of them. */
  readonly data: string;
  /** Bytes of the whole diff. */
  readonly size: number;
}

export interface SubscribeParams {
  /** `sessions`, or `session/<id>` for one transcript. */
  readonly resource: string;
  /** Continue behind this; left out means from a snapshot. */
  readonly afterSeq?: number;
}

/** Changes of a resource, or with `is_snapshot` its whole state, which replaces what the client has. */
export interface ItemsParams {
  readonly resource: string;
  /** The cursor to continue from. */
  readonly seq: number;
  readonly isSnapshot: boolean;
  /** All of them in their order, in the answer to a subscription of `sessions`. */
  readonly buckets: readonly BucketView[];
  readonly sessions: readonly SessionView[];
  readonly items: readonly ItemView[];
  /** Apply behind `items`, in order. */
  readonly appends: readonly AppendView[];
  readonly removed: readonly string[];
  /** Of `link/<id>`: the whole state, which replaces what the client has; left out where the session is not linked. */
  readonly link?: LinkView;
  /** What the agent of a followed session offers, whenever that changed; not there where nothing is known. */
  readonly offer?: OfferView;
}

export interface UnsubscribeParams {
  readonly resource: string;
}

export interface DocumentId {
  readonly uri: string;
}

export interface ReloadedParams {
  readonly textDocument: DocumentId;
}

export interface VersionedDocumentId {
  readonly uri: string;
  readonly version: number;
}

export interface SaveParams {
  readonly textDocument: VersionedDocumentId;
}

/** An empty object. */
export type Nothing = Readonly<Record<string, never>>;

/** `initializationOptions.segue` of `initialize`: who connects, and with which environment sessions start. */
export interface ClientInfo {
  readonly client?: string;
  readonly version?: string;
  readonly protocol?: number;
  /** Variables of the client's window; the server keeps what its allow-list names. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Agents of the editor's own settings, `{name: {command, args, env}}`; never of a workspace's (D45). */
  readonly agentServers?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The client shows permission requests itself; otherwise they come as `window/showMessageRequest`. */
  readonly showsPermissions?: boolean;
  /** The client shows hunks and proposals itself; otherwise they come as diagnostics. */
  readonly showsHunks?: boolean;
  /** Commands of the client that lenses and code actions may name: `segue.discuss`, `segue.pair`. */
  readonly commands?: readonly string[];
}

export interface DiskResult {
  readonly disk: DiskView;
}

export interface ListAgentsResult {
  readonly agents: readonly AgentView[];
}

export interface InspectRepositoryParams {
  readonly path: string;
}

export interface InspectRepositoryResult {
  readonly repository: RepositoryView;
}

/** `data` of an error response. Callers compare `reason`, never a message. */
export interface ErrorData {
  readonly reason: string;
  /** What happened. */
  readonly message: string;
  /** What to do. */
  readonly action: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Delegate a task: worktree, branch, turn. */
export const newSession: Request<NewSessionParams, SessionResult> = {
  method: "segue/session/new",
};

/** All sessions as rows. */
export const listSessions: Request<ListSessionsParams, ListSessionsResult> = {
  method: "segue/session/list",
};

/** One session with its transcript. */
export const showSession: Request<SessionParams, ShowSessionResult> = {
  method: "segue/session/show",
};

/** Send a prompt: now, or behind the turn. */
export const prompt: Request<PromptParams, PromptResult> = {
  method: "segue/session/prompt",
};

/** Ask the agent to go on where its turn was interrupted. */
export const resume: Request<SessionParams, PromptResult> = {
  method: "segue/session/resume",
};

/** Keep an image for a prompt. */
export const addImage: Request<AddImageParams, AddImageResult> = {
  method: "segue/image/add",
};

/** An image of a prompt or an answer. */
export const showImage: Request<ShowImageParams, ShowImageResult> = {
  method: "segue/image/show",
};

/** Take a queued prompt back. */
export const dropPrompt: Request<DropPromptParams, SessionResult> = {
  method: "segue/prompt/drop",
};

/** Give a session another place among those that wait. */
export const moveQueued: Request<MoveQueuedParams, SessionResult> = {
  method: "segue/queue/move",
};

/** Begin its turn, however many sessions work. */
export const startNow: Request<SessionParams, SessionResult> = {
  method: "segue/queue/start",
};

/** Choose a model, a mode or what else the agent offers. */
export const configure: Request<ConfigureParams, ConfigureResult> = {
  method: "segue/session/configure",
};

/** The turns of a session with their checkpoints. */
export const turns: Request<SessionParams, TurnsResult> = {
  method: "segue/session/turns",
};

/** Answer a permission request, once. */
export const answer: Request<AnswerParams, AnswerResult> = {
  method: "segue/permission/answer",
};

/** The rules on what agents may do without asking. */
export const listRules: Request<Nothing, ListRulesResult> = {
  method: "segue/policy/list",
};

/** Forget a rule that was remembered. */
export const revokeRule: Request<RevokeRuleParams, RevokeRuleResult> = {
  method: "segue/policy/revoke",
};

/** What the rules say of a request; does nothing. */
export const tryRules: Request<TryRulesParams, TryRulesResult> = {
  method: "segue/policy/try",
};

/** Answer a question of an agent, once. */
export const answerQuestion: Request<AnswerQuestionParams, AnswerQuestionResult> = {
  method: "segue/question/answer",
};

/** Approve, revise or reject a plan, once. */
export const decidePlan: Request<DecidePlanParams, SessionResult> = {
  method: "segue/plan/decide",
};

/** Collect a comment on a plan's lines. */
export const commentPlan: Request<CommentPlanParams, SessionResult> = {
  method: "segue/plan/comment",
};

/** Take a comment back. */
export const dropPlanComment: Request<DropPlanCommentParams, SessionResult> = {
  method: "segue/plan/uncomment",
};

/** Stop the turn and drop what is queued. */
export const stop: Request<SessionParams, SessionResult> = {
  method: "segue/session/stop",
};

/** A person looked at the result. */
export const seen: Request<SessionParams, SessionResult> = {
  method: "segue/session/seen",
};

/** Show it first in its bucket. */
export const pin: Request<SessionParams, SessionResult> = {
  method: "segue/session/pin",
};

/** No longer show it first. */
export const unpin: Request<SessionParams, SessionResult> = {
  method: "segue/session/unpin",
};

/** Discard: snapshot everything, then remove. */
export const archive: Request<SessionParams, SessionResult> = {
  method: "segue/session/archive",
};

/** Bring an archived session back. */
export const restore: Request<SessionParams, SessionResult> = {
  method: "segue/session/restore",
};

/** What a merge would do. */
export const planMerge: Request<MergePlanParams, MergePlanResult> = {
  method: "segue/merge/plan",
};

/** Merge as planned, completely or not at all. */
export const merge: Request<MergeParams, MergeResult> = {
  method: "segue/merge/apply",
};

/** Put the base back to before the merge. */
export const undoMerge: Request<SessionParams, SessionResult> = {
  method: "segue/merge/undo",
};

/** The files a session or turn changed. */
export const changeset: Request<ChangesetParams, ChangesetResult> = {
  method: "segue/changeset/show",
};

/** A piece of its diff, exactly as git prints it. */
export const changesetDiff: Request<ChangesetDiffParams, ChangesetDiffResult> = {
  method: "segue/changeset/diff",
};

/** Bring the files of a checkpoint back. */
export const rollBack: Request<RollBackParams, RollBackResult> = {
  method: "segue/session/rollback",
};

/** Delete an archived session; undo brings it back. */
export const deleteSession: Request<SessionParams, DeleteResult> = {
  method: "segue/session/delete",
};

/** What was done, and whether it can be undone. */
export const listUndo: Request<ListUndoParams, ListUndoResult> = {
  method: "segue/undo/list",
};

/** Take an action back; snapshots what stands there first. */
export const undo: Request<UndoParams, UndoResult> = {
  method: "segue/undo/apply",
};

/** Write a snapshot's files into a new folder. */
export const exportSnapshot: Request<ExportSnapshotParams, ExportSnapshotResult> = {
  method: "segue/undo/export",
};

/** What Segue takes on the disk; looks at every file. */
export const disk: Request<Nothing, DiskResult> = {
  method: "segue/disk",
};

/** Agent definitions and what is installed. */
export const listAgents: Request<Nothing, ListAgentsResult> = {
  method: "segue/agent/list",
};

/** Install, remove or check an agent, or sign in. */
export const agentRun: Request<AgentRunParams, AgentProgress> = {
  method: "segue/agent/run",
};

/** How far that has come; may wait. */
export const agentProgress: Request<AgentProgressParams, AgentProgress> = {
  method: "segue/agent/progress",
};

/** Stop what is done with an agent; nothing stays. */
export const agentCancel: Request<AgentParams, Nothing> = {
  method: "segue/agent/cancel",
};

/** A person signed in; what waited goes on. */
export const agentResume: Request<AgentParams, Nothing> = {
  method: "segue/agent/resume",
};

/** Branches, and what to know first. */
export const inspectRepository: Request<InspectRepositoryParams, InspectRepositoryResult> = {
  method: "segue/repository/inspect",
};

/** Follow a resource; answers with what is new. */
export const subscribe: Request<SubscribeParams, ItemsParams> = {
  method: "segue/subscribe",
};

/** No longer follow a resource. */
export const unsubscribe: Request<UnsubscribeParams, Nothing> = {
  method: "segue/unsubscribe",
};

/** How the daemon is. */
export const status: Request<Nothing, StatusResult> = {
  method: "segue/status",
};

/** Check what Segue needs. */
export const doctor: Request<DoctorParams, DoctorResult> = {
  method: "segue/doctor",
};

/** End the daemon; agents go on. */
export const stopDaemon: Request<StopDaemonParams, Nothing> = {
  method: "segue/daemon/stop",
};

/** What linking, or unlinking, would move. Changes nothing. */
export const previewLink: Request<SessionParams, LinkPreviewResult> = {
  method: "segue/link/preview",
};

/** Link a session to the checkout. */
export const startLink: Request<StartLinkParams, LinkResult> = {
  method: "segue/link/start",
};

/** Unlink: the session goes on in background. */
export const stopLink: Request<StopLinkParams, SessionResult> = {
  method: "segue/link/stop",
};

/** Give the agent the person's edits now. */
export const shareLink: Request<SessionParams, LinkResult> = {
  method: "segue/link/share",
};

/** Hunks, proposals and comments. */
export const showLink: Request<SessionParams, LinkResult> = {
  method: "segue/link/show",
};

/** Accept or reject hunks. */
export const decideHunks: Request<DecideParams, LinkResult> = {
  method: "segue/hunk/decide",
};

/** Take the last decision back. */
export const undoDecision: Request<SessionParams, LinkResult> = {
  method: "segue/hunk/undo",
};

/** Decide on a proposal. */
export const resolveProposal: Request<ResolveParams, LinkResult> = {
  method: "segue/proposal/resolve",
};

/** Collect a review comment. */
export const addComment: Request<AddCommentParams, LinkResult> = {
  method: "segue/comment/add",
};

/** Send what was collected as one prompt, in the background too. */
export const sendComments: Request<SessionParams, SessionResult> = {
  method: "segue/comment/send",
};

/** End pairing; accepted hunks stay. */
export const finish: Request<SessionParams, SessionResult> = {
  method: "segue/session/finish",
};

/** Changes of a resource that the client follows. */
export const items: Notification<ItemsParams> = {
  method: "segue/items",
};

/** From the client: the next `didChange` of this document may be a reload from the disk, which nobody typed. */
export const reloaded: Notification<ReloadedParams> = {
  method: "segue/document/reloaded",
};

/** To the client: Segue took the agent's text out of a document that was saved. Save it if nothing came since. */
export const save: Notification<SaveParams> = {
  method: "segue/document/save",
};

/** Every text that a `PhraseView` may have, for translators. */
export const SERVER_TEXTS: readonly string[] = [
  "1 change in {1} comes into your files, for you to accept or reject.",
  "1 comment that you did not send stays with the session until you bring it back.",
  "1 file",
  "1 file is held back until you take it: it runs on your machine without being started.",
  "1 proposal waits in the session; your lines stay.",
  "1 unreviewed change in {1} leaves your files; the session keeps it.",
  "A merge commit brings {0} to {1}.",
  "Allow always",
  "Allow once",
  "Command",
  "Deny always",
  "Deny once",
  "Done",
  "Files",
  "Idle",
  "In 1 place you and the agent changed the same lines; yours stay until you decide.",
  "In the directory",
  "In {0} places you and the agent changed the same lines; yours stay until you decide.",
  "Needs you",
  "Needs your uncommitted {0}.",
  "Needs your uncommitted {1}: 1 change stays with the session for later.",
  "Needs your uncommitted {1}: {0} changes stay with the session for later.",
  "None of your files changes now.",
  "One commit brings {0} to {1}.",
  "Queued",
  "Ready",
  "Runs when you build, test, install or push: {0}.",
  "Runs without being started: {0}.",
  "The agent's turn continues in the background.",
  "The session is based on {0}; no branch is checked out.",
  "The session is based on {0}; {1} is checked out.",
  "Unknown kind of answer",
  "Working",
  "Your edits in 1 file have not reached the agent; only you have them.",
  "Your edits in {0} files have not reached the agent; only you have them.",
  "Your own work stays: {0}.",
  "Your uncommitted changes stay in {0}.",
  "Your uncommitted {0} is committed first, in your name.",
  "archived",
  "failed",
  "idle",
  "merged",
  "queued",
  "ready for review",
  "stopping",
  "waits for you to sign in",
  "waits for your answer",
  "working",
  "{0}",
  "{0} ({1})",
  "{0} and {1} more",
  "{0} changes in {1} come into your files, for you to accept or reject.",
  "{0} comments that you did not send stay with the session until you bring it back.",
  "{0} files",
  "{0} files are held back until you take them: they run on your machine without being started.",
  "{0} proposals wait in the session; your lines stay.",
  "{0} staged",
  "{0} unreviewed changes in {1} leave your files; the session keeps them.",
  "{0} unsaved",
  "{0} unstaged",
  "{0} untracked",
  "{0} was rewritten outside the editor and still has changes of the agent. They are removed or kept, as you choose. Check this file.",
  "{0}, line {1}",
  "{0}, lines {1}",
  "{0}, {1}",
  "{1} gained 1 commit meanwhile.",
  "{1} gained {0} commits meanwhile.",
  "“{0}” is in your editor now; it continues in the background.",
];
