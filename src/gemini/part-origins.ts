// Which part of a request a part of the body came from. Only asked when Google complains of one: the conversation is mapped once more.
import { JsonBudget } from "./json-budget.ts";
import { toPlacedConversation } from "./messages.ts";
import type { SentRequest } from "./prepared.ts";

/** A path in ChatRequest of what became `contents[turn].parts[part]`; undefined: it is our own, or there is none. */
export function originOfPart({ request, model }: SentRequest, turn: number, part: number): string | undefined {
  // What could be warned of and refused was so at the first mapping.
  const context = { model, raise: () => {}, upstreamObjects: true, plainSchemas: false, budget: new JsonBudget() };
  const { conversation, origins } = toPlacedConversation(request, undefined, context);
  const wire = conversation.contents[turn]?.parts[part];
  return wire === undefined ? undefined : origins.get(wire);
}
