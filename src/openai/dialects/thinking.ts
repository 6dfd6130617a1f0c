// Foreign ways to say how hard a model thinks → `reasoning_effort` (in words) and `reasoning` (in tokens, and whether thoughts are told).
import { maybe } from "../schema/maybe.ts";
import { EFFORTS } from "../schema.ts";
import { isObject, type Json } from "../json-object.ts";
import { fill, objectAt, row, type Row } from "./row.ts";
import { Type } from "../shape.ts";

const Budget = Type.Integer({ minimum: -1, maximum: 2_147_483_647 });
const Effort = Type.Enum([...EFFORTS]);
const Flag = Type.Boolean();
/** What asks for no thinking. */
const OFF: ReadonlySet<unknown> = new Set([undefined, null, false, 0, "none"]);
/** The suffixes of a model id that have thoughts told. */
const THINKING_SUFFIX = /-(thinking|thinking-[0-9]+|minimal|low|medium|high|xhigh|max)$/;

export const THINKING_ROWS: readonly Row[] = [
  // OpenRouter. Its word moves to OpenAI's field, the rest is plain.
  row(
    "reasoning",
    Type.Object({ effort: maybe(Effort), max_tokens: maybe(Budget), enabled: maybe(Flag), exclude: maybe(Flag) }),
    ({ effort, ...rest }, draft) => {
      draft["reasoning"] = rest;
      fill(draft, "reasoning_effort", effort ?? undefined);
    },
  ),
  // LiteLLM: `{effort, summary}`, and "disable" for "none".
  row(
    "reasoning_effort",
    Type.Union([Type.Enum([...EFFORTS, "disable"]), Type.Object({ effort: maybe(Effort) })]),
    (value, draft) => {
      if (typeof value === "object") {
        draft["reasoning_effort"] = value.effort ?? null;
      } else if (value === "disable") {
        draft["reasoning_effort"] = "none";
      }
    },
  ),
  // Anthropic, LiteLLM, Envoy.
  row(
    "thinking",
    Type.Object({
      type: maybe(Type.Enum(["enabled", "disabled", "adaptive"])),
      budget_tokens: maybe(Budget),
      includeThoughts: maybe(Flag),
      include_thoughts: maybe(Flag),
    }),
    ({ type, budget_tokens, includeThoughts, include_thoughts }, draft) => {
      delete draft["thinking"];
      const reasoning = objectAt(draft, "reasoning");
      const told = include_thoughts ?? includeThoughts ?? undefined;
      if (told !== undefined) fill(reasoning, "exclude", !told);
      if (type === "disabled") fill(draft, "reasoning_effort", "none");
      else if (type === "adaptive") fill(reasoning, "max_tokens", -1);
      else if (typeof budget_tokens === "number") fill(reasoning, "max_tokens", budget_tokens);
      else if (type === "enabled") fill(reasoning, "enabled", true);
    },
  ),
  // The seed's.
  row("thinking_budget", Budget, (budget, draft) => {
    delete draft["thinking_budget"];
    fill(objectAt(draft, "reasoning"), "max_tokens", budget);
  }),
  row("close_reasoning_content", Flag, (closed, draft) => {
    delete draft["close_reasoning_content"];
    if (closed) fill(objectAt(draft, "reasoning"), "exclude", true);
  }),
  // OpenRouter's older word for `reasoning.exclude`.
  row("include_reasoning", Flag, (included, draft) => {
    delete draft["include_reasoning"];
    fill(objectAt(draft, "reasoning"), "exclude", !included);
  }),
  // In the seed `false` puts thoughts into `content`, where they never stand here.
  row("return_reasoning_content", Flag, (returned, draft, { raise }) => {
    delete draft["return_reasoning_content"];
    if (returned) fill(objectAt(draft, "reasoning"), "exclude", false);
    else if (asksForThoughts(draft)) {
      raise(
        "parameter_ignored",
        "return_reasoning_content",
        "Thoughts never stand in 'content' here; they come in 'reasoning_content'.",
      );
    }
  }),
];

/** Whether a draft whose thinking has been rewritten will have thoughts told, as far as it says so itself. */
function asksForThoughts(draft: Json): boolean {
  const reasoning = objectOf(draft["reasoning"]);
  const config = objectOf(objectOf(objectOf(draft["extra_body"])["google"])["thinking_config"]);
  if (typeof config["include_thoughts"] === "boolean") return config["include_thoughts"];
  if (typeof reasoning["exclude"] === "boolean") return !reasoning["exclude"];
  const asked = [config["thinking_budget"], config["thinking_level"], reasoning["max_tokens"], reasoning["enabled"]];
  const { reasoning_effort: effort, model } = draft;
  if ([...asked, effort].some((word) => !OFF.has(word))) return true;
  return typeof model === "string" && THINKING_SUFFIX.test(model);
}

function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}
