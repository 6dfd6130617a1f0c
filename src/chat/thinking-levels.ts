// The order of thinking levels, and the nearest one that a model has.
import type { ThinkingLevel } from "../gen/gemini/chat/v1/chat_pb.ts";

/** The level of `levels` next to the one wanted; of two equally near ones the higher, as Google's own layer snaps. */
export function nearestLevel(
  levels: readonly [ThinkingLevel, ...ThinkingLevel[]],
  wanted: ThinkingLevel,
): ThinkingLevel {
  return levels.reduce((best, level) => {
    const difference = Math.abs(level - wanted) - Math.abs(best - wanted);
    return difference < 0 || (difference === 0 && level > best) ? level : best;
  });
}
