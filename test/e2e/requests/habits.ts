// All request cases.
import { MEDIA_HABITS } from "./media-habits.ts";
import { NEIGHBOUR_HABITS } from "./neighbour-habits.ts";
import { OPENAI_SDK } from "./openai-sdk.ts";
import { OUTPUT_HABITS } from "./output-habits.ts";
import type { RequestHabit } from "./request-case.ts";
import { THINKING_HABITS } from "./thinking-habits.ts";
import { TOOL_HABITS } from "./tool-habits.ts";
import { TURN_HABITS } from "./turn-habits.ts";

export const HABITS: readonly RequestHabit[] = [
  OPENAI_SDK,
  NEIGHBOUR_HABITS,
  TURN_HABITS,
  TOOL_HABITS,
  THINKING_HABITS,
  OUTPUT_HABITS,
  MEDIA_HABITS,
];
