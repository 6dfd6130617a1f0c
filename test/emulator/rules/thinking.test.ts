// Thinking: levels, budgets and models that cannot be stopped from it (rules 16 and 17 of the wire reference).

import { ask } from "../client.ts";
import { testRefusals } from "./refusals.ts";

const thinking = (thinkingConfig: object) => ask("Hi", { generationConfig: { thinkingConfig } });

await testRefusals([
  [
    "a level on 2.5",
    "gemini-2.5-flash",
    thinking({ thinkingLevel: "low" }),
    /^Thinking level is not supported for this model\.$/,
  ],
  [
    "a budget on Gemini 4",
    "gemini-4-argon",
    thinking({ thinkingBudget: 1024 }),
    /^Thinking budget is not supported for this model\.$/,
  ],
  [
    "budget and level",
    "gemini-3.8-flash",
    thinking({ thinkingBudget: 1024, thinkingLevel: "low" }),
    /only one of thinking budget and thinking level/,
  ],
  [
    "minimal on 3.8-flash",
    "gemini-3.8-flash",
    thinking({ thinkingLevel: "minimal" }),
    /^Thinking level MINIMAL is not supported/,
  ],
  [
    "minimal on 3.7-flash",
    "gemini-3.7-flash",
    thinking({ thinkingLevel: "minimal" }),
    /^Thinking level MINIMAL is not supported/,
  ],
  [
    "minimal on a pro",
    "gemini-3.1-pro-preview",
    thinking({ thinkingLevel: "MINIMAL" }),
    /^Thinking level MINIMAL is not supported/,
  ],
  [
    "minimal on Gemini 4",
    "gemini-4-hydrogen",
    thinking({ thinkingLevel: "minimal" }),
    /^Thinking level MINIMAL is not supported/,
  ],
  ["xhigh elsewhere than on hydrogen", "gemini-4-argon", thinking({ thinkingLevel: "xhigh" }), /^Thinking level XHIGH/],
  [
    "budget 0 on 2.5-pro",
    "gemini-2.5-pro",
    thinking({ thinkingBudget: 0 }),
    /^Budget 0 is invalid\. This model only works in thinking mode\.$/,
  ],
  ["budget 0 on 3.5-flash", "gemini-3.5-flash", thinking({ thinkingBudget: 0 }), /^Budget 0 is invalid/],
  ["a budget out of range", "gemini-2.5-pro", thinking({ thinkingBudget: 64 }), /between 128 and 32768/],
  ["a budget too large", "gemini-2.5-flash-lite", thinking({ thinkingBudget: 30_000 }), /between 512 and 24576/],
  [
    "thinking where there is none",
    "gemini-2.5-flash-image",
    thinking({ includeThoughts: true }),
    /^Thinking is not enabled for models\/gemini-2\.5-flash-image/,
  ],
]);
