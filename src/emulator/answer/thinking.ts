// How long the model thinks about a request, and the summary it shows of it.

import { numberTrigger } from "../triggers.ts";
import type { AnswerContext, AnswerPart, Thinking } from "./answer.ts";

/** Small on purpose: a short maxOutputTokens still leaves room for an answer. Minimal means no thinking at all. */
const TOKENS_BY_LEVEL: Readonly<Record<string, number>> = { MINIMAL: 0, LOW: 24, MEDIUM: 48, HIGH: 96, XHIGH: 192 };
const DYNAMIC_TOKENS = 48;

/** Whether and how long to think: by level, by budget, or by the model's default. */
export function planThinking(context: AnswerContext): Thinking {
  const config = context.request.generationConfig?.thinkingConfig;
  const tokens = thinkingTokens(context);
  const wished = tokens > 0 ? (numberTrigger(context.triggers, "thoughts") ?? tokens) : 0;
  return { tokens: wished, included: config?.includeThoughts === true && wished > 0 };
}

function thinkingTokens({ model, request }: AnswerContext): number {
  const { thinking } = model;
  if (thinking.control === "none") return 0;
  const config = request.generationConfig?.thinkingConfig;
  const budget = config?.thinkingBudget;
  if (thinking.control === "level" && budget === undefined) {
    const asked = config?.thinkingLevel;
    const level = asked === undefined || asked === "THINKING_LEVEL_UNSPECIFIED" ? thinking.default : asked;
    return TOKENS_BY_LEVEL[level] ?? DYNAMIC_TOKENS;
  }
  const tokens = budget ?? (thinking.control === "budget" ? thinking.default : -1);
  return tokens < 0 ? DYNAMIC_TOKENS : Math.min(tokens, DYNAMIC_TOKENS);
}

const QUOTE_LENGTH = 120;

/** Summaries as recorded: a bold title, a blank line, a paragraph, and three newlines at the end. */
export function thoughtPart({ prompt, model }: AnswerContext, plan: string): AnswerPart {
  const question = Array.from(prompt.text.slice(0, 2 * QUOTE_LENGTH))
    .slice(0, QUOTE_LENGTH)
    .join("");
  const thoughts = [
    `**Considering the Request**\n\nThe user wrote “${question}”. I am ${model.id}, so I look at what was asked, ` +
      "what came with it, and which tools I was given.\n\n\n",
    `**Planning the Answer**\n\n${plan}\n\n\n`,
  ];
  return { kind: "thought", wire: { text: thoughts.join(""), thought: true }, tokens: 0 };
}

/** The single summaries a stream sends one by one. */
export const splitThought = (text: string): readonly string[] => text.split(/(?<=\n\n\n)(?=\*\*)/);
