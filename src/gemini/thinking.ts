// Thinking as each generation takes it: none, a budget in tokens (2.5), or a level by name (3 and later).
import type { ModelProfile, ThinkingControl } from "../chat/models.ts";
import { nearestLevel } from "../chat/thinking-levels.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import { type Thinking, ThinkingLevel } from "../gen/gemini/chat/v1/chat_pb.ts";
import { present } from "./json.ts";
import type { WireThinkingConfig } from "./wire-request.ts";

const { NONE, MINIMAL, LOW, MEDIUM, HIGH, XHIGH, MAX } = ThinkingLevel;

/** What a request says about thinking; `off` is level NONE and budget 0. */
type Wish =
  | { readonly kind: "unsaid" | "off" | "dynamic" }
  | { readonly kind: "level"; readonly level: ThinkingLevel }
  | Budget;
type Budget = { readonly kind: "budget"; readonly tokens: number };

type LevelControl = Extract<ThinkingControl, { kind: "level" }>;
type BudgetControl = Extract<ThinkingControl, { kind: "budget" }>;

/** generationConfig.thinkingConfig; undefined: nothing is sent. What the model lacks becomes the nearest it has, with a warning. */
export function toThinkingConfig(
  thinking: Thinking | undefined,
  model: ModelProfile,
  raise: RaiseWarning,
): WireThinkingConfig | undefined {
  if (thinking === undefined) return undefined;
  const wish = readWish(thinking);
  const asksForThinking = wish.kind !== "unsaid" && wish.kind !== "off";
  const includeThoughts = wish.kind !== "off" && (thinking.includeThoughts ?? asksForThinking) ? true : undefined;
  const control = model.thinking;
  switch (control.kind) {
    case "none":
      if (asksForThinking || includeThoughts) raise("thinking_ignored", "thinking", `${model.id} does not think.`);
      return undefined;
    case "budget":
      return present({ includeThoughts, thinkingBudget: toBudget(wish, control, pathOf(thinking), raise) });
    case "level": {
      const level = toLevel(wish, control, pathOf(thinking), raise);
      return present({ includeThoughts, thinkingLevel: level === undefined ? undefined : LEVEL_WORDS[level] });
    }
  }
}

/** Where a warning about the wish belongs. */
function pathOf({ control }: Thinking): string {
  return control.case === "budgetTokens" ? "thinking.budget_tokens" : "thinking.level";
}

function readWish({ control }: Thinking): Wish {
  if (control.case === "level") {
    if (control.value === ThinkingLevel.UNSPECIFIED) return { kind: "unsaid" };
    return control.value === NONE ? { kind: "off" } : { kind: "level", level: control.value };
  }
  if (control.case !== "budgetTokens") return { kind: "unsaid" };
  if (control.value === 0) return { kind: "off" };
  return control.value < 0 ? { kind: "dynamic" } : { kind: "budget", tokens: control.value };
}

const DYNAMIC = -1;

/** Efforts in tokens, those of Google's own OpenAI layer. */
const BUDGETS: ReadonlyMap<ThinkingLevel, number> = new Map([
  [MINIMAL, 1024],
  [LOW, 1024],
  [MEDIUM, 8192],
  [HIGH, 24_576],
  [XHIGH, 24_576],
  [MAX, 24_576],
]);

function toBudget(wish: Wish, control: BudgetControl, path: string, raise: RaiseWarning): number | undefined {
  switch (wish.kind) {
    case "unsaid":
      return undefined;
    case "dynamic":
      return DYNAMIC;
    case "off":
      if (control.canBeOff) return 0;
      raise("thinking_adjusted", path, `This model always thinks: its least budget, ${control.min}, is used.`);
      return control.min;
    case "level":
      return clampBudget(BUDGETS.get(wish.level) ?? DYNAMIC, control);
    case "budget": {
      const tokens = clampBudget(wish.tokens, control);
      if (tokens !== wish.tokens) {
        raise("thinking_adjusted", path, `The budget was moved to ${tokens}, the nearest this model takes.`);
      }
      return tokens;
    }
  }
}

function clampBudget(tokens: number, { min, max }: BudgetControl): number {
  return tokens === DYNAMIC ? DYNAMIC : Math.min(Math.max(tokens, min), max);
}

/** Up to how many tokens a budget counts as low and as medium where only levels are known. */
const LOW_BUDGET_MAX = 1024;
const MEDIUM_BUDGET_MAX = 8192;

function toLevel(
  wish: Wish,
  { levels, defaultLevel }: LevelControl,
  path: string,
  raise: RaiseWarning,
): ThinkingLevel | undefined {
  switch (wish.kind) {
    case "unsaid":
      return undefined;
    case "dynamic":
      // Left to itself such a model hardly thinks, although it was asked to.
      return defaultLevel === MINIMAL ? nearestLevel(levels, MEDIUM) : undefined;
    case "off": {
      // A budget of 0 would be taken by 3.x, but makes it stop calling tools.
      const [lowest] = levels;
      raise("thinking_adjusted", path, `Thinking cannot be switched off: ${LEVEL_WORDS[lowest]} is used.`);
      return lowest;
    }
    case "level": {
      const level = nearestLevel(levels, wish.level);
      if (level !== wish.level) {
        raise("thinking_adjusted", path, `The nearest level this model has, ${LEVEL_WORDS[level]}, is used.`);
      }
      return level;
    }
    case "budget": {
      const wanted = wish.tokens <= LOW_BUDGET_MAX ? LOW : wish.tokens <= MEDIUM_BUDGET_MAX ? MEDIUM : HIGH;
      const level = nearestLevel(levels, wanted);
      raise("thinking_adjusted", path, `This model takes levels: ${LEVEL_WORDS[level]} is used.`);
      return level;
    }
  }
}

const LEVEL_WORDS: Readonly<Record<number, WireThinkingConfig["thinkingLevel"]>> = {
  [MINIMAL]: "minimal",
  [LOW]: "low",
  [MEDIUM]: "medium",
  [HIGH]: "high",
  [XHIGH]: "xhigh",
};
