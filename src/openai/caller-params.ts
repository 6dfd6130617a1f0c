// Under which names a caller gave what became the fields of its ChatRequest: several spellings lead to one field, and what is said about
// the field must name the caller's own.
import type { ChatCompletionBody } from "./schema.ts";

export interface CallerParams {
  /** For each part of each message the OpenAI parameter it was read from, relative to the message: `content[1].image_url.url`. */
  readonly parts: readonly (readonly string[])[];
  /** Field of ChatRequest → the caller's parameter, where that is not the usual one; what lies below a field belongs to it. */
  readonly fields: ReadonlyMap<string, string>;
  /** OpenAI parameter → the one of another spelling that the caller wrote; what lies below one lies below the other. */
  readonly renames: ReadonlyMap<string, string>;
}

/** A parameter under the name that the caller gave it. */
export function renameParam(param: string, renames: ReadonlyMap<string, string>): string {
  if (renames.size === 0) return param;
  for (let end = param.length; end > 0; end = lastStep(param, end - 1)) {
    const given = renames.get(param.slice(0, end));
    if (given !== undefined) return given + param.slice(end);
  }
  return param;
}

/** Where the last step of a path begins, at or before `from`. */
function lastStep(path: string, from: number): number {
  return Math.max(path.lastIndexOf(".", from), path.lastIndexOf("[", from));
}

type Given = Readonly<Record<string, unknown>>;

/** The fields of a body as it came (`given`) and after its dialects were rewritten (`plain`). */
export function callerFields(given: Given, plain: ChatCompletionBody): Map<string, string> {
  const fields = new Map<string, string>();
  if (typeof plain.max_completion_tokens === "number")
    fields.set("sampling.max_output_tokens", "max_completion_tokens");
  const thinking = thinkingParam(given, plain);
  if (thinking !== undefined) fields.set("thinking", thinking);
  return fields;
}

/** What decided how the model thinks, in the order in which it counts (thinking.ts); undefined: OpenAI's own field, or nothing. */
function thinkingParam(given: Given, plain: ChatCompletionBody): string | undefined {
  const config = plain.extra_body?.google?.thinking_config;
  const google = "extra_body.google.thinking_config";
  if (config?.thinking_level) return `${google}.thinking_level`;
  if (typeof config?.thinking_budget === "number") return `${google}.thinking_budget`;
  return reasoningParam(given, plain);
}

/** What decided it beside thinking_config; undefined: OpenAI's own field, or nothing. */
export function reasoningParam(given: Given, plain: ChatCompletionBody): string | undefined {
  return typeof plain.reasoning?.max_tokens === "number" ? budgetParam(given) : effortParam(given);
}

function budgetParam(given: Given): string | undefined {
  if (typeof objectAt(given, "reasoning")["max_tokens"] === "number") return "reasoning.max_tokens";
  const { type, budget_tokens: tokens } = objectAt(given, "thinking");
  if (typeof tokens === "number") return "thinking.budget_tokens";
  return type === "adaptive" ? "thinking.type" : "thinking_budget";
}

function effortParam(given: Given): string | undefined {
  if (given["reasoning_effort"]) return undefined;
  const { effort, enabled } = objectAt(given, "reasoning");
  if (effort) return "reasoning.effort";
  if (objectAt(given, "thinking")["type"]) return "thinking.type";
  return typeof enabled === "boolean" ? "reasoning.enabled" : undefined;
}

function objectAt(given: Given, field: string): Given {
  const value = given[field];
  return typeof value === "object" && value !== null ? (value as Given) : {};
}
