// The recorded conversations: every request that holds earlier answers, and with each of those the exchange that gave it, found by content.
import { modelOf } from "../replay/ask.ts";
import { isStream, readRecordings, type Json, type Recording } from "../replay/recordings.ts";
import { wholeAnswer } from "../replay/whole-answer.ts";
import { toList, toMeaning, toTurns, toWords, type MeantPart, type Turn } from "./meaning.ts";

/** Recordings as these tests need them: with what was asked, and where they come from. */
export interface Asked extends Recording {
  readonly request: Json;
  readonly source: { readonly repo: string; readonly path: string };
}

/** A turn of the model. */
export interface AnswerTurn {
  readonly role: "model";
  /** The exchange that gave it; undefined where only its echo was recorded, and then that is what the upstream gives. */
  readonly exchange: Asked | undefined;
  /** What the upstream says where only the echo was recorded. */
  readonly parts: readonly Json[];
  /** What must come back, of a whole answer and of a stream. */
  readonly meant: { readonly whole: readonly MeantPart[]; readonly streamed: readonly MeantPart[] };
}

export interface UserTurn {
  readonly role: "user";
  readonly parts: readonly MeantPart[];
}

export interface Conversation {
  readonly id: string;
  readonly model: string;
  readonly system: string;
  readonly request: Json;
  readonly turns: readonly (AnswerTurn | UserTurn)[];
}

/** Requests with at least one answer in their history. */
export function readConversations(): Conversation[] {
  const asked = (readRecordings() as Asked[]).filter(({ request }) => Array.isArray(request?.contents));
  return asked
    .filter(({ request }) => request.contents.some(({ role }: Json) => role === "model"))
    .map((recording) => toConversation(recording, asked));
}

/** Every recorded answer that says anything, as a conversation that goes on: its calls are answered, and the user has one more word. */
export function readAnswers(): Conversation[] {
  const answered = (readRecordings() as Asked[]).filter(({ response }) => response.status === 200);
  return answered.flatMap((recording) => {
    const answer = toAnswer(recording);
    if (answer.meant.streamed.length === 0) return [];
    const results = answer.meant.streamed.flatMap(({ functionCall }, index) =>
      functionCall && !isAnswered(answer.meant.streamed, index)
        ? [{ functionResponse: { name: functionCall.name, response: { at: index } } }]
        : [],
    );
    const first: UserTurn = { role: "user", parts: [{ text: "Hello." }] };
    const last: UserTurn = { role: "user", parts: [...results, { text: "Go on." }] };
    const { id, request } = recording;
    return [
      { id, model: modelOf(recording), system: "", request: request ?? {}, turns: withCallIds([first, answer, last]) },
    ];
  });
}

/** Whether the upstream has answered a call itself (server-side MCP): the result stands beside it. */
function isAnswered(parts: readonly MeantPart[], index: number): boolean {
  return parts.slice(index).some(({ functionResponse }) => functionResponse?.name === parts[index]?.functionCall.name);
}

function toAnswer(exchange: Asked): AnswerTurn {
  const whole = toMeaning(partsOf(isStream(exchange) ? wholeAnswer(exchange) : exchange.response.body));
  const pieces = chunksOf(exchange).flatMap(partsOf);
  // The pieces of a call (streamFunctionCallArguments) are one call.
  const inPieces = pieces.some(({ functionCall: call }) => call?.partialArgs || call?.willContinue);
  return { role: "model", exchange, parts: [], meant: { whole, streamed: inPieces ? whole : toMeaning(pieces) } };
}

function toConversation(recording: Asked, all: readonly Asked[]): Conversation {
  const { request } = recording;
  const siblings = all.filter(({ id, source, response }) => {
    return (
      id !== recording.id &&
      source.repo === recording.source.repo &&
      source.path === recording.source.path &&
      response.status === 200
    );
  });
  const instruction = request.systemInstruction ?? request.system_instruction;
  return {
    id: recording.id,
    model: modelOf(recording),
    system: toList(instruction?.parts)
      .map(({ text }) => text as string)
      .join("\n\n"),
    request,
    turns: withCallIds(toTurns(request.contents).map((turn) => toTurn(turn, siblings))),
  };
}

function toTurn({ role, parts }: Turn, siblings: readonly Asked[]): AnswerTurn | UserTurn {
  if (role === "user") return { role, parts };
  const words = toWords(parts);
  for (const exchange of siblings) {
    const answer = toAnswer(exchange);
    if (toWords(answer.meant.streamed) === words) return answer;
  }
  const echoed = parts.map(withoutMadeUpId);
  return { role, exchange: undefined, parts: echoed.map(toWire), meant: { whole: echoed, streamed: echoed } };
}

function chunksOf({ response }: Asked): readonly Json[] {
  return response.chunks ?? [response.body];
}

function partsOf(answer: Json): Json[] {
  return answer?.candidates?.[0]?.content?.parts ?? [];
}

/** Results get the ids of the calls they answer, and the order of those. */
function withCallIds(turns: readonly (AnswerTurn | UserTurn)[]): (AnswerTurn | UserTurn)[] {
  return turns.map((turn, index) => {
    const before = turns[index - 1];
    if (turn.role === "model" || before?.role !== "model") return turn;
    const said = before.meant.streamed;
    const open: Json[] = said.flatMap(({ functionCall }, at) =>
      functionCall && !isAnswered(said, at) ? [functionCall] : [],
    );
    const results: Json[] = turn.parts.filter(({ functionResponse }) => functionResponse);
    const paired = new Map<Json, Json>();
    for (const part of results) {
      const { id, name } = part.functionResponse;
      const free = open.filter((call) => !paired.has(call));
      const call =
        free.find((one) => id !== undefined && one.id === id) ?? free.find((one) => one.name === name) ?? free[0];
      if (call === undefined) throw new Error(`a result of ${String(name)} belongs to no call`);
      paired.set(call, part);
    }
    const ordered = open.flatMap((call) => {
      const part = paired.get(call);
      if (part === undefined) return [];
      const { id: _, ...response } = part.functionResponse;
      return { functionResponse: { ...response, name: call.name, ...(call.id !== undefined && { id: call.id }) } };
    });
    return { role: "user", parts: [...ordered, ...turn.parts.filter(({ functionResponse }) => !functionResponse)] };
  });
}

/** Gemini's own: seen from 3.x on, never before. Others were made up by the recorder's client. */
const GEMINI_ID = /^(?:[a-z0-9]{8}|call_\d+)$/;

/** A part as Gemini would have said it. */
function withoutMadeUpId(part: MeantPart): MeantPart {
  const { id, ...call } = part.functionCall ?? {};
  return id === undefined || GEMINI_ID.test(id) ? part : { ...part, functionCall: call };
}

/** A part in Gemini's JSON. */
function toWire({ signature, bytes, uri, ...part }: MeantPart): Json {
  return {
    ...part,
    ...(bytes !== undefined && {
      inlineData: { mimeType: mimeTypeOf(bytes), data: Buffer.from(bytes, "hex").toString("base64") },
    }),
    ...(uri !== undefined && { fileData: { fileUri: uri } }),
    ...(signature !== undefined && { thoughtSignature: Buffer.from(signature, "hex").toString("base64") }),
  };
}

/** By the first bytes, as the gateway tells it. */
export function mimeTypeOf(hex: string): string {
  if (hex.startsWith("89504e47")) return "image/png";
  if (hex.startsWith("ffd8ff")) return "image/jpeg";
  if (hex.startsWith("25504446")) return "application/pdf";
  if (hex.startsWith("52494646")) return hex.slice(16, 24) === "57454250" ? "image/webp" : "audio/wav";
  if (hex.slice(8, 16) === "66747970") return "video/mp4";
  if (hex.startsWith("494433") || hex.startsWith("fff")) return "audio/mpeg";
  return "text/plain";
}
