// Suffixes of a model id that ask for thinking: `-thinking`, `-thinking-<N>`, `-nothinking` and effort words such as `-low`.
// `-reasoning` (CLIProxyAPI) and `-non-thinking` (gemini-balance) are words of other gateways for the first and the third.
import { type Thinking, ThinkingLevel } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { ThinkingControl } from "./model-profile.ts";
import { nearestLevel } from "./thinking-levels.ts";

/** What a suffix asks for, before the model is known that it is asked of. */
export type SuffixAsk =
  | { readonly kind: "on" }
  | { readonly kind: "level"; readonly level: ThinkingLevel }
  | { readonly kind: "budget"; readonly tokens: number };

const SUFFIX =
  /^(.+?)-(?:thinking|reasoning|thinking-(\d{1,7})|(nothinking|non-thinking|minimal|low|medium|high|xhigh|max))$/;

const LEVEL_WORDS: Readonly<Record<string, ThinkingLevel>> = {
  nothinking: ThinkingLevel.NONE,
  "non-thinking": ThinkingLevel.NONE,
  minimal: ThinkingLevel.MINIMAL,
  low: ThinkingLevel.LOW,
  medium: ThinkingLevel.MEDIUM,
  high: ThinkingLevel.HIGH,
  xhigh: ThinkingLevel.XHIGH,
  max: ThinkingLevel.MAX,
};

/** The id without its suffix, and what that asks for; undefined when it has none. */
export function cutSuffix(id: string): { readonly base: string; readonly ask: SuffixAsk } | undefined {
  const [, base, tokens, word] = SUFFIX.exec(id) ?? [];
  if (base === undefined) return undefined;
  const level = word === undefined ? undefined : LEVEL_WORDS[word];
  if (level !== undefined) return { base, ask: { kind: "level", level } };
  return { base, ask: tokens === undefined ? { kind: "on" } : { kind: "budget", tokens: Number(tokens) } };
}

/**
 * The thinking a suffix asks a model for. `-thinking` leaves level and budget to the model and has the thoughts told; but a model that
 * would not think by itself is told to: a budget model dynamically, a level model whose default is `minimal` at `medium`.
 */
export function thinkingOfSuffix(ask: SuffixAsk, control: ThinkingControl): Thinking {
  switch (ask.kind) {
    case "level":
      return thinking({ case: "level", value: ask.level }, ask.level !== ThinkingLevel.NONE);
    case "budget":
      return thinking({ case: "budgetTokens", value: ask.tokens }, ask.tokens !== 0);
    case "on":
      return thinking(wakingControl(control), true);
  }
}

const DYNAMIC_BUDGET = -1;

function wakingControl(control: ThinkingControl): Thinking["control"] {
  if (control.kind === "budget" && control.offByDefault) return { case: "budgetTokens", value: DYNAMIC_BUDGET };
  if (control.kind === "level" && control.defaultLevel === ThinkingLevel.MINIMAL) {
    return { case: "level", value: nearestLevel(control.levels, ThinkingLevel.MEDIUM) };
  }
  return { case: undefined };
}

function thinking(control: Thinking["control"], includeThoughts: boolean): Thinking {
  return { $typeName: "gemini.chat.v1.Thinking", control, includeThoughts, outranksSuffix: false };
}
