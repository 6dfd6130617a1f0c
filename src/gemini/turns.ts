// Messages as turns: user and model alternate, and the results of calls stand alone in the turn right after the calls, in their order.
import { type Message, type Part, Role } from "../gen/gemini/chat/v1/chat_pb.ts";
import { pairResults, type PlacedCall, type PlacedResult } from "./pairing.ts";
import { type PartContext, type PlacedPart, speaks, toModelParts, toReadableMedia, toUserParts } from "./parts.ts";
import { embedsMedia, toFunctionResponse, toMissingResponse, toResultText } from "./tool-results.ts";
import type { WirePart } from "./wire-request.ts";

export interface Turn {
  role: "user" | "model";
  readonly parts: WirePart[];
  /** `results` holds nothing but results of calls; `media` what came with them and fits in no result; a `message` is all else. */
  kind: "message" | "results" | "media";
}

/** Turns of a conversation, and the place of each functionCall part in the request. */
export interface Turns {
  readonly turns: Turn[];
  readonly callPaths: ReadonlyMap<WirePart, string>;
}

/** Messages of one side that follow each other. */
interface Run {
  readonly role: Turn["role"];
  readonly placed: PlacedPart[];
}

/** All messages but those of ROLE_SYSTEM as turns. A message that comes to nothing is left out, with a warning. */
export function toTurns(messages: readonly Message[], context: PartContext): Turns {
  const builder = new TurnBuilder(context);
  for (const run of toRuns(messages, context)) {
    if (run.role === "model") builder.addModelRun(run.placed);
    else builder.addUserRun(run.placed);
  }
  builder.finish();
  for (const [index, { role }] of messages.entries()) {
    if (role === Role.SYSTEM || builder.fruitful.has(index)) continue;
    context.raise("message_dropped", `messages[${index}]`, "The message has no content and was left out.");
  }
  return builder;
}

function toRuns(messages: readonly Message[], { model, raise }: PartContext): Run[] {
  const spoken = speaks(model);
  const runs: Run[] = [];
  for (const [message, { role, parts }] of messages.entries()) {
    if (role === Role.SYSTEM) continue;
    const side = role === Role.ASSISTANT ? "model" : "user";
    let run = runs.at(-1);
    if (run?.role !== side) runs.push((run = { role: side, placed: [] }));
    for (const [index, part] of parts.entries()) {
      const path = `messages[${message}].parts[${index}]`;
      if (!spoken || isSpeakable(part)) run.placed.push({ part, message, path });
      else raise("part_ignored", path, `${model.id} only speaks text; this part was left out.`);
    }
  }
  return runs;
}

/** Calls, code and their results would be read out. Media is refused or left out as everywhere, thoughts stay here anyway. */
function isSpeakable({ kind }: Part): boolean {
  return kind.case === "text" || kind.case === "refusal" || kind.case === "media" || kind.case === "thought";
}

class TurnBuilder implements Turns {
  readonly turns: Turn[] = [];
  readonly callPaths = new Map<WirePart, string>();
  /** Messages that something came of. */
  readonly fruitful = new Set<number>();
  readonly #context: PartContext;
  /** Calls of the last model turn; their results must come next. */
  #pending: readonly PlacedCall[] = [];

  constructor(context: PartContext) {
    this.#context = context;
  }

  addModelRun(placed: readonly PlacedPart[]): void {
    const calls = this.#context.model.functions ? placed.flatMap(toPlacedCall) : [];
    // Calls that the upstream answered itself (server-side MCP) stand in the model's turn together with their results.
    const answers = pairResults(calls, placed.flatMap(toPlacedResult));
    const callOf = new Map(Array.from(answers, ([{ call }, { path }]) => [path, call]));
    const parts = placed.flatMap((item) => {
      const [result] = toPlacedResult(item);
      if (result === undefined) return this.#note(item, toModelParts(item, this.#context));
      const call = callOf.get(result.path);
      if (call === undefined) return this.#orphan(item, result);
      return this.#note(item, [toFunctionResponse(call, result, this.#context.model)]);
    });
    this.#push({ role: "model", parts, kind: "message" });
    this.#pending = calls.filter((call) => !answers.has(call));
  }

  addUserRun(placed: readonly PlacedPart[]): void {
    const answers = pairResults(this.#pending, placed.flatMap(toPlacedResult));
    const answering = new Set(Array.from(answers.values(), ({ path }) => path));
    this.#pushResults(answers);
    const parts = placed.flatMap((item) => {
      const [result] = toPlacedResult(item);
      if (result === undefined) return this.#note(item, toUserParts(item, this.#context));
      return answering.has(result.path) ? [] : this.#orphan(item, result);
    });
    this.#push({ role: "user", parts, kind: "message" });
  }

  /** Calls at the very end get results too: Gemini refuses calls without. */
  finish(): void {
    this.#pushResults(new Map());
  }

  #pushResults(answers: ReadonlyMap<PlacedCall, PlacedResult>): void {
    const { model, raise } = this.#context;
    const media: WirePart[] = [];
    const parts = this.#pending.map((pending) => {
      const answer = answers.get(pending);
      if (answer === undefined) {
        raise(
          "tool_result_missing",
          pending.path,
          `The call of ${pending.call.name} has no result; an error was put there.`,
        );
        return toMissingResponse(pending.call, model);
      }
      media.push(...this.#mediaBeside(answer, pending.call.name));
      this.fruitful.add(answer.message);
      return toFunctionResponse(pending.call, answer, model);
    });
    this.#pending = [];
    this.#push({ role: "user", parts, kind: "results" });
    this.#push({ role: "user", parts: media, kind: "media" });
  }

  /** Media that the functionResponse cannot hold, introduced by the function's name. */
  #mediaBeside(answer: PlacedResult, name: string): WirePart[] {
    const parts = this.#mediaOf(answer, (inside) => !inside);
    return parts.length === 0 ? [] : [{ text: `Media that ${name} returned:` }, ...parts];
  }

  #orphan(item: PlacedPart, result: PlacedResult): WirePart[] {
    const why = this.#context.model.functions ? "It belongs to no call" : "This model has no functions";
    this.#context.raise("tool_result_orphaned", result.path, `${why}: the result was sent as text.`);
    return this.#note(item, [{ text: toResultText(result.result) }, ...this.#mediaOf(result, () => true)]);
  }

  #mediaOf({ result, path, message }: PlacedResult, wanted: (inside: boolean) => boolean): WirePart[] {
    return result.media.flatMap((media, index) =>
      wanted(embedsMedia(media, this.#context.model))
        ? toReadableMedia(media, `${path}.media[${index}]`, message, this.#context)
        : [],
    );
  }

  #note(item: PlacedPart, parts: WirePart[]): WirePart[] {
    if (parts.length > 0) this.fruitful.add(item.message);
    for (const part of parts) if (part.functionCall) this.callPaths.set(part, `${item.path}.tool_call`);
    return parts;
  }

  #push(turn: Turn): void {
    if (turn.parts.length === 0) return;
    const last = this.turns.at(-1);
    if (last?.role !== turn.role || last.kind === "results" || turn.kind === "results") {
      this.turns.push(turn);
      return;
    }
    for (const part of turn.parts) last.parts.push(part);
    if (turn.kind === "message") last.kind = "message";
  }
}

function toPlacedCall({ part: { kind }, path }: PlacedPart): PlacedCall[] {
  return kind.case === "toolCall" ? [{ call: kind.value, path: `${path}.tool_call` }] : [];
}

function toPlacedResult({ part: { kind }, path, message }: PlacedPart): PlacedResult[] {
  return kind.case === "toolResult" ? [{ result: kind.value, path: `${path}.tool_result`, message }] : [];
}
