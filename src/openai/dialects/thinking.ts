// Foreign ways to say how hard a model thinks → `reasoning_effort` (in words) and `reasoning` (in tokens, and whether thoughts are told).
import Type from "typebox";
import { maybe } from "../schema/maybe.ts";
import { EFFORTS } from "../schema.ts";
import { fill, objectAt, row, type Row } from "./row.ts";

const Budget = Type.Integer({ minimum: -1, maximum: 2_147_483_647 });
const Effort = Type.Enum([...EFFORTS]);
const Flag = Type.Boolean();

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
  // The seed's three; the values of the last differ in where thoughts go, and here they always go to `reasoning_content`.
  row("thinking_budget", Budget, (budget, draft) => {
    delete draft["thinking_budget"];
    fill(objectAt(draft, "reasoning"), "max_tokens", budget);
  }),
  row("close_reasoning_content", Flag, (closed, draft) => {
    delete draft["close_reasoning_content"];
    if (closed) fill(objectAt(draft, "reasoning"), "exclude", true);
  }),
  row("return_reasoning_content", Flag, (_, draft) => {
    delete draft["return_reasoning_content"];
  }),
];
