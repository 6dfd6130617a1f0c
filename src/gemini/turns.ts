// Messages as turns: user and model alternate, and the results of calls stand alone in the turn right after the calls, in their order.
import { create } from "@bufbuild/protobuf";
import type { RaiseWarning } from "../chat/warnings.ts";
import { type Message, type Part, PartSchema, Role } from "../gen/gemini/chat/v1/chat_pb.ts";
import { pairResults, type PlacedCall, type PlacedResult } from "./pairing.ts";
import { type PartContext, type PlacedPart, speaks, toModelParts, toReadableMedia, toUserParts } from "./parts.ts";
import { markSystem, systemTextOf } from "./system.ts";
import { embedsMedia, toFunctionResponse, toMissingResponse, toResultText } from "./tool-results.ts";
import type { WirePart } from "./wire-request.ts";

export interface Turn {
  role: "user" | "model";
  readonly parts: WirePart[];
  /** `results` holds nothing but results of calls; `media` what came with them and fits in no result; a `message` is all else. */
  kind: "message" | "results" | "media";
}

/** Turns of a conversation, and the place in the request that each part came from; parts of our own have none. */
export interface Turns {
  readonly turns: Turn[];
  readonly origins: ReadonlyMap<WirePart, string>;
}

/** Messages of one side that follow each other. */
interface Run {
  readonly role: Turn["role"];
  readonly placed: PlacedPart[];
}

/** All messages but those of the system instruction as turns. A message that comes to nothing is left out, with a warning. */
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

function toRuns(messages: readonly Message[], context: PartContext): Run[] {
  const { model, raise } = context;
  const spoken = speaks(model);
  const runs: Run[] = [];
  for (const [message, { role, parts }] of messages.entries()) {
    const side = role === Role.ASSISTANT ? "model" : "user";
    if (role === Role.SYSTEM && (spoken || message < context.firstAnswer)) continue;
    let run = runs.at(-1);
    if (run?.role !== side) runs.push((run = { role: side, placed: [] }));
    if (role === Role.SYSTEM) {
      run.placed.push(...toPlacedSystem(messages, message, raise));
      continue;
    }
    for (const [index, part] of parts.entries()) {
      const path = `messages[${message}].parts[${index}]`;
      if (!spoken || isSpeakable(part)) run.placed.push({ part, message, path });
      else raise("part_ignored", path, `${model.id} only speaks text; this part was left out.`);
    }
  }
  warnOfSystem(messages, context);
  return runs;
}

/** A system message in mid-conversation, as text that says whose it is. */
function toPlacedSystem(messages: readonly Message[], index: number, raise: RaiseWarning): PlacedPart[] {
  const path = `messages[${index}]`;
  const text = systemTextOf(messages[index] as Message, path, raise);
  if (text === undefined) return [];
  const kind = { case: "text" as const, value: markSystem(text) };
  return [{ part: create(PartSchema, { kind }), message: index, path }];
}

/** Told once for all of them: an agent may be reminded at every step. */
function warnOfSystem(messages: readonly Message[], { model, firstAnswer, raise }: PartContext): void {
  const first = messages.findIndex(({ role }, index) => role === Role.SYSTEM && index > firstAnswer);
  if (first < 0 || speaks(model)) return;
  raise(
    "system_in_place",
    `messages[${first}]`,
    "Gemini has no system messages after its first answer; such ones were sent as marked text of the user.",
  );
}

/** Calls, code and their results would be read out. Media is refused or left out as everywhere, thoughts stay here anyway. */
function isSpeakable({ kind }: Part): boolean {
  return kind.case === "text" || kind.case === "refusal" || kind.case === "media" || kind.case === "thought";
}

const NO_PATHS: ReadonlySet<string> = new Set();

class TurnBuilder implements Turns {
  readonly turns: Turn[] = [];
  readonly origins = new Map<WirePart, string>();
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
      return this.#note(item, [toFunctionResponse(call, result, this.#context)]);
    });
    this.#push({ role: "model", parts, kind: "message" });
    this.#pending = calls.filter((call) => !answers.has(call));
  }

  addUserRun(placed: readonly PlacedPart[]): void {
    const answering = this.#pending.length === 0 ? NO_PATHS : this.#answerPending(placed);
    const parts: WirePart[] = [];
    for (const item of placed) {
      const [result] = toPlacedResult(item);
      if (result === undefined) parts.push(...this.#note(item, toUserParts(item, this.#context)));
      else if (!answering.has(result.path)) parts.push(...this.#orphan(item, result));
    }
    this.#push({ role: "user", parts, kind: "message" });
  }

  /** The paths of those results that belong to the pending calls; they are told. */
  #answerPending(placed: readonly PlacedPart[]): ReadonlySet<string> {
    const answers = pairResults(this.#pending, placed.flatMap(toPlacedResult));
    this.#pushResults(answers);
    return new Set(Array.from(answers.values(), ({ path }) => path));
  }

  /** Calls at the very end get results too: Gemini refuses calls without. */
  finish(): void {
    if (this.#pending.length > 0) this.#pushResults(new Map());
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
      const part = toFunctionResponse(pending.call, answer, this.#context);
      this.origins.set(part, answer.path);
      return part;
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

  /** Gemini takes no result without its call, and as text it would be the user's word. Models without functions are told all as text. */
  #orphan(item: PlacedPart, result: PlacedResult): WirePart[] {
    const { model, raise } = this.#context;
    if (!model.functions) {
      raise("tools_dropped", result.path, "This model has no functions: the result was told as text.");
      return this.#note(item, [{ text: toResultText(result.result) }, ...this.#mediaOf(result, () => true)]);
    }
    raise("tool_result_orphaned", result.path, "It belongs to no call that awaits one, and was left out.");
    // Its message was told of with it.
    this.fruitful.add(item.message);
    return [];
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
    for (const part of parts) this.origins.set(part, part.functionCall ? `${item.path}.tool_call` : item.path);
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
