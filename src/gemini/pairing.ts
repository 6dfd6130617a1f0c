// Which result answers which call: by id; else by name, or by order where there is no name. Linear, since a request may hold millions.
import type { ToolCall, ToolResult } from "../gen/gemini/chat/v1/chat_pb.ts";

/** A call with its place in the request. */
export interface PlacedCall {
  readonly call: ToolCall;
  readonly path: string;
}

/** A result with its place in the request, and the index of its message. */
export interface PlacedResult {
  readonly result: ToolResult;
  readonly path: string;
  readonly message: number;
}

/** Answers by call. Calls that are no key have no result; results that are no value belong to no call. */
export function pairResults(
  calls: readonly PlacedCall[],
  results: readonly PlacedResult[],
): Map<PlacedCall, PlacedResult> {
  const answers = new Map<PlacedCall, PlacedResult>();
  if (results.length === 0) return answers;
  const byId = toQueues(calls, ({ call }) => call.id);
  const isFree = (call: PlacedCall): boolean => !answers.has(call);
  const others: PlacedResult[] = [];
  for (const result of results) {
    const id = result.result.toolCallId;
    const queue = id === "" ? undefined : byId.get(id);
    const call = takeFirst(queue, isFree);
    if (call) answers.set(call, result);
    // A second result of an answered call belongs to no other one.
    else if (queue === undefined) others.push(result);
  }
  const byName = toQueues(calls, ({ call }) => call.name);
  const inOrder = [...calls].toReversed();
  for (const result of others) {
    const { name } = result.result;
    const call = takeFirst(name === "" ? inOrder : byName.get(name), isFree);
    if (call) answers.set(call, result);
  }
  return answers;
}

/** Calls by key, each list last one first, so that taking from it is cheap. */
function toQueues(calls: readonly PlacedCall[], keyOf: (call: PlacedCall) => string): Map<string, PlacedCall[]> {
  return Map.groupBy(calls.toReversed(), keyOf);
}

function takeFirst(queue: PlacedCall[] | undefined, fits: (call: PlacedCall) => boolean): PlacedCall | undefined {
  for (let call = queue?.pop(); call !== undefined; call = queue?.pop()) if (fits(call)) return call;
  return undefined;
}
