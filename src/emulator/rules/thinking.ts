// thinkingConfig: budget or level as the model wants it, never both, never off where thinking cannot be off.

import { invalidArgument } from "../errors.ts";
import type { EmulatedModel, ThinkingControl } from "../models.ts";
import type { GenerationConfig } from "../request.ts";

type ThinkingConfig = NonNullable<GenerationConfig["thinkingConfig"]>;

/** Throws a 400 when the model cannot think as told. */
export function checkThinking(config: ThinkingConfig | undefined, model: EmulatedModel): void {
  if (config === undefined) return;
  const { thinkingBudget: budget } = config;
  const level = config.thinkingLevel === "THINKING_LEVEL_UNSPECIFIED" ? undefined : config.thinkingLevel;
  if (level !== undefined && budget !== undefined) {
    throw invalidArgument("You can only set only one of thinking budget and thinking level.");
  }
  if (model.thinking.control === "none") throw invalidArgument(`Thinking is not enabled for models/${model.id}`);
  if (level !== undefined) checkLevel(level, model.thinking);
  if (budget !== undefined) checkBudget(budget, model.thinking);
}

function checkLevel(level: string, thinking: ThinkingControl): void {
  if (thinking.control !== "level") throw invalidArgument("Thinking level is not supported for this model.");
  if (!thinking.levels.includes(level)) {
    throw invalidArgument(
      `Thinking level ${level} is not supported for this model. Please retry with other thinking level.`,
    );
  }
}

function checkBudget(budget: number, thinking: ThinkingControl): void {
  const canBeOff = thinking.control === "budget" && thinking.canBeOff;
  if (thinking.control === "level" && !thinking.takesBudget) {
    throw invalidArgument("Thinking budget is not supported for this model.");
  }
  if (budget === 0 && !canBeOff) {
    throw invalidArgument("Budget 0 is invalid. This model only works in thinking mode.");
  }
  if (budget === 0 || budget === -1) return;
  const { min, max } = thinking.control === "budget" ? thinking : LEVEL_MODEL_BUDGET;
  if (budget < min || budget > max) {
    throw invalidArgument(`The thinking budget ${budget} is invalid. Please choose a value between ${min} and ${max}.`);
  }
}

/** Gemini 3.x still takes a budget for compatibility; its range is not documented, this is the widest of 2.5. */
const LEVEL_MODEL_BUDGET = { min: 1, max: 32_768 };
