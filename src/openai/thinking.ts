// How hard the model is to think, from Google's thinking_config, OpenAI's reasoning_effort and OpenRouter's reasoning.
import { Failure } from "../chat/failures.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import { ThinkingLevel, type Thinking } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { ChatCompletionBody } from "./schema.ts";
import type { GoogleOptions } from "./schema/google.ts";

type Control = Thinking["control"];

const NOT_SAID: Control = { case: undefined };
/** A budget of −1: it also wakes models that do not think by themselves. */
const MODEL_DECIDES: Control = { case: "budgetTokens", value: -1 };

const LEVELS: ReadonlyMap<string, ThinkingLevel> = new Map([
  ["none", ThinkingLevel.NONE],
  ["minimal", ThinkingLevel.MINIMAL],
  ["low", ThinkingLevel.LOW],
  ["medium", ThinkingLevel.MEDIUM],
  ["high", ThinkingLevel.HIGH],
  ["xhigh", ThinkingLevel.XHIGH],
  ["max", ThinkingLevel.MAX],
]);

/**
 * Thinking of a request; undefined when nothing was said. A level or budget of thinking_config outranks a suffix of the model id, all
 * others rank below it. `reasoningParam` is how the caller spelled those others. Throws INVALID_VALUE when thinking_config gives both.
 */
export function readThinking(
  body: ChatCompletionBody,
  reasoningParam: string,
  raise: RaiseWarning,
): Thinking | undefined {
  const config = body.extra_body?.google?.thinking_config ?? undefined;
  const pinned = config ? controlOfConfig(config) : NOT_SAID;
  const control = pinned.case === undefined ? controlOfReasoning(body, raise) : pinned;
  const includeThoughts = config?.include_thoughts ?? wishForThoughts(body);
  if (pinned.case !== undefined && controlOfReasoning(body, () => undefined).case !== undefined) {
    raise("parameter_ignored", reasoningParam, "extra_body.google.thinking_config was given too and counts.");
  }
  if (control.case === undefined && includeThoughts === undefined) return undefined;
  return {
    $typeName: "gemini.chat.v1.Thinking",
    control,
    ...(includeThoughts !== undefined && { includeThoughts }),
    outranksSuffix: pinned.case !== undefined,
  };
}

function controlOfConfig(config: NonNullable<GoogleOptions["thinking_config"]>): Control {
  const { thinking_budget: budget, thinking_level: level } = config;
  if (typeof budget === "number" && level) {
    const field = "extra_body.google.thinking_config";
    throw new Failure(
      "INVALID_VALUE",
      `Invalid '${field}': 'thinking_budget' and 'thinking_level' exclude each other.`,
      { field },
    );
  }
  if (level) return levelOf(level);
  return typeof budget === "number" ? { case: "budgetTokens", value: budget } : NOT_SAID;
}

function controlOfReasoning({ reasoning, reasoning_effort: effort }: ChatCompletionBody, raise: RaiseWarning): Control {
  const budget = reasoning?.max_tokens;
  if (typeof budget === "number") {
    if (effort) raise("parameter_ignored", "reasoning_effort", "A budget of thinking tokens was given too and counts.");
    return { case: "budgetTokens", value: budget };
  }
  if (effort) return levelOf(effort);
  if (reasoning?.enabled === false) return levelOf("none");
  return reasoning?.enabled ? MODEL_DECIDES : NOT_SAID;
}

function levelOf(word: string): Control {
  return { case: "level", value: LEVELS.get(word) ?? ThinkingLevel.UNSPECIFIED };
}

/** What was said about telling thoughts; by itself, asking for thinking asks for thoughts, which the service knows. */
function wishForThoughts({ reasoning }: ChatCompletionBody): boolean | undefined {
  return typeof reasoning?.exclude === "boolean" ? !reasoning.exclude : undefined;
}
