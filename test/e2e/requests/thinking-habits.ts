// How clients and gateways say how hard a model shall think, for each generation.
import { thinkingAt, type RequestHabit } from "./request-case.ts";

const thinks = (thinkingConfig: object): object => ({ generationConfig: { thinkingConfig } });
const budget = (thinkingBudget: number, includeThoughts = true): object => thinks({ includeThoughts, thinkingBudget });
const LITE = "gemini-2.5-flash-lite";

export const THINKING_HABITS: RequestHabit = {
  name: "a client that says how to think",
  cases: [
    ...["low", "medium", "high"].map((effort) => ({
      title: `by reasoning_effort ${effort}`,
      body: { reasoning_effort: effort },
      arrives: thinks(thinkingAt(effort)),
    })),
    {
      title: "by an effort below the model's least",
      body: { reasoning_effort: "minimal" },
      arrives: thinks(thinkingAt("low")),
      warnings: ["thinking_adjusted:reasoning_effort"],
    },
    {
      title: "minimally, where the model can",
      body: { model: "gemini-3.5-flash", reasoning_effort: "minimal" },
      arrives: thinks(thinkingAt("minimal")),
    },
    {
      title: "not at all, on a model that can",
      body: { model: LITE, reasoning_effort: "none" },
      arrives: thinks({ thinkingBudget: 0 }),
    },
    {
      title: "in LiteLLM's object",
      body: { reasoning_effort: { effort: "high", summary: "auto" } },
      arrives: thinks(thinkingAt("high")),
    },
    {
      title: "in LiteLLM's word for none",
      body: { model: LITE, reasoning_effort: "disable" },
      arrives: thinks({ thinkingBudget: 0 }),
    },
    {
      title: "in Anthropic's words",
      body: { model: LITE, thinking: { type: "enabled", budget_tokens: 2048 } },
      arrives: budget(2048),
    },
    {
      title: "in Anthropic's word for off",
      body: { model: LITE, thinking: { type: "disabled" } },
      arrives: thinks({ thinkingBudget: 0 }),
    },
    { title: "in OpenRouter's words", body: { reasoning: { effort: "high" } }, arrives: thinks(thinkingAt("high")) },
    { title: "in OpenRouter's tokens", body: { model: LITE, reasoning: { max_tokens: 4096 } }, arrives: budget(4096) },
    {
      title: "in OpenRouter's words, untold",
      body: { reasoning: { effort: "high", exclude: true } },
      arrives: thinks({ thinkingLevel: "high" }),
    },
    { title: "in the seed's budget", body: { model: LITE, thinking_budget: 1024 }, arrives: budget(1024) },
    {
      title: "by a budget on a model of levels",
      body: { thinking_budget: 5000 },
      arrives: thinks(thinkingAt("medium")),
      warnings: ["thinking_adjusted:thinking_budget"],
    },
    {
      title: "by Google's thinking_config",
      body: { extra_body: { google: { thinking_config: { thinking_level: "low", include_thoughts: true } } } },
      arrives: thinks(thinkingAt("low")),
    },
    {
      title: "by Google's thinkingConfig at the top level",
      body: { google: { thinkingConfig: { thinkingLevel: "HIGH", includeThoughts: false } } },
      arrives: thinks({ thinkingLevel: "high" }),
    },
    {
      title: "by Google's block nested twice, as its documents show",
      body: { extra_body: { extra_body: { google: { thinking_config: { thinking_budget: 512 } } } }, model: LITE },
      arrives: budget(512),
    },
    {
      title: "by the suffix -thinking",
      body: { model: "gemini-3.8-flash-thinking" },
      calls: "gemini-3.8-flash",
      arrives: thinks({ includeThoughts: true }),
    },
    {
      title: "by the suffix -thinking-N",
      body: { model: "gemini-2.5-flash-lite-thinking-2048" },
      calls: LITE,
      arrives: budget(2048),
    },
    {
      title: "by the suffix -nothinking",
      body: { model: "gemini-2.5-flash-lite-nothinking" },
      calls: LITE,
      arrives: thinks({ thinkingBudget: 0 }),
    },
    {
      title: "by a level as suffix",
      body: { model: "gemini-3.8-flash-high" },
      calls: "gemini-3.8-flash",
      arrives: thinks(thinkingAt("high")),
    },
    {
      title: "to a model that does not think",
      body: { model: "gemini-2.5-flash-image", reasoning_effort: "high" },
      arrives: { generationConfig: { responseModalities: ["TEXT", "IMAGE"] } },
      warnings: ["thinking_ignored:reasoning_effort"],
    },
  ],
};
