// One part of a message as parts of a Gemini turn. Results of tools are not here: they make turns of their own (turns.ts).
import { signatureText } from "../chat/bytes.ts";
import { Failure } from "../chat/failures.ts";
import { fenceCode, fenceResult } from "../chat/fences.ts";
import type { ModelProfile } from "../chat/models.ts";
import { geminiCallId } from "../chat/tool-call-ids.ts";
import {
  type CodeResult,
  CodeResult_OutcomeSchema,
  type ExecutableCode,
  type Media,
  Modality,
  type Part,
  type ToolCall,
} from "../gen/gemini/chat/v1/chat_pb.ts";
import { hasKey, parseJsonObject } from "./json.ts";
import type { JsonBudget } from "./json-budget.ts";
import type { MappingContext } from "./mapping-context.ts";
import { canRead, toMediaPart } from "./media.ts";
import { toSpeechParts } from "./speech-text.ts";
import type { WirePart } from "./wire-request.ts";

/** What the mapping of a part depends on. */
export interface PartContext extends MappingContext {
  /** Names of the speakers, when there are several. */
  readonly speakers: readonly string[];
  /** Index of the first message of the current turn: media there is the question itself. */
  readonly currentMessage: number;
  /** Index of the model's first message: system messages after it stand where they are. */
  readonly firstAnswer: number;
}

/** A part with its place in the request. */
export interface PlacedPart {
  readonly part: Part;
  readonly message: number;
  /** `messages[0].parts[1]` */
  readonly path: string;
}

/** The parts that a part of the user becomes; empty when it has nothing to say, or cannot be said by a user (warned). */
export function toUserParts(placed: PlacedPart, context: PartContext): WirePart[] {
  const { kind } = placed.part;
  switch (kind.case) {
    case "thought":
    case "toolCall":
    case "serverToolCall":
    case "serverToolResult":
      context.raise("role_adjusted", placed.path, "Only the model's own messages can hold this part; it was left out.");
      return [];
    case "executableCode":
      return [{ text: fenceCode(kind.value) }];
    case "codeResult":
      return [{ text: fenceResult(kind.value) }];
    default:
      return toSharedParts(placed, context);
  }
}

/** The parts that a part of the model becomes, its signature on the last of them. Summaries of thoughts go back only when signed. */
export function toModelParts(placed: PlacedPart, context: PartContext): WirePart[] {
  const { part } = placed;
  // A model that does not think made no signatures: one of another model would be refused as corrupted.
  const signature = context.model.thinking.kind === "none" ? "" : signatureText(part);
  const wires = toUnsignedParts(placed, signature, context);
  const last = wires.at(-1);
  if (part.inThought) for (const wire of wires) wire.thought = true;
  if (last && signature !== "") last.thoughtSignature = signature;
  return wires;
}

function toUnsignedParts(placed: PlacedPart, signature: string, context: PartContext): WirePart[] {
  const { model } = context;
  const { path } = placed;
  const { kind } = placed.part;
  switch (kind.case) {
    case "text":
      return kind.value === "" && signature !== "" ? [{ text: "" }] : toSharedParts(placed, context);
    case "thought":
      return signature === "" ? [] : [{ text: kind.value, thought: true }];
    case "toolCall":
      return [toCallPart(kind.value, `${path}.tool_call`, context)];
    case "executableCode":
      return [runsCode(model) ? { executableCode: toExecutableCode(kind.value) } : { text: fenceCode(kind.value) }];
    case "codeResult":
      return [runsCode(model) ? { codeExecutionResult: toCodeResult(kind.value) } : { text: fenceResult(kind.value) }];
    case "serverToolCall":
    case "serverToolResult":
      return toServerToolParts(kind, path, context);
    default:
      return toSharedParts(placed, context);
  }
}

/** Kinds that user and model have in common. */
function toSharedParts({ part, message, path }: PlacedPart, context: PartContext): WirePart[] {
  const { kind } = part;
  switch (kind.case) {
    case "text":
    case "refusal":
      return kind.value === "" ? [] : toTextParts(kind.value, part, path, context);
    case "media":
      return toReadableMedia(kind.value, `${path}.media`, message, context);
    case "nativePart":
      return [toNativePart(kind.value.json, `${path}.native_part`, context)];
    default:
      return [];
  }
}

function toTextParts(text: string, part: Part, path: string, context: PartContext): WirePart[] {
  if (speaks(context.model)) return toSpeechParts(text, part, path, context);
  if (part.speaker !== "" || part.style !== "") {
    const field = part.speaker === "" ? "style" : "speaker";
    context.raise("parameter_ignored", `${path}.${field}`, "Only speech models speak; it was not sent.");
  }
  return [{ text }];
}

/** Whether a model turns text into speech and nothing else. */
export function speaks(model: ModelProfile): boolean {
  return model.outputs.every((modality) => modality === Modality.AUDIO);
}

/** Media the model cannot read is refused where it is asked about, and left out of what came before. */
export function toReadableMedia(media: Media, path: string, message: number, context: PartContext): WirePart[] {
  const { model, raise } = context;
  if (canRead(media, model)) return [toMediaPart(media, path, model, raise)];
  const problem = `${model.id} cannot read ${media.mimeType || "this media"}`;
  if (message >= context.currentMessage) throw new Failure("UNSUPPORTED_VALUE", `${problem}.`, { field: path });
  raise("media_ignored", path, `${problem}; it was left out.`);
  return [];
}

function toCallPart(call: ToolCall, path: string, { model, raise, budget }: PartContext): WirePart {
  if (!model.functions) {
    raise("tools_dropped", path, "This model has no functions: the call was told as text.");
    return { text: `Called ${call.name}(${call.arguments})` };
  }
  const field = `${path}.arguments`;
  budget.spend(call.arguments, field);
  const args = call.arguments.trim() === "" ? {} : parseJsonObject(call.arguments);
  if (args === undefined) raise("arguments_invalid", field, "The arguments are no JSON object; {} was sent.");
  const id = model.callIds ? geminiCallId(call.id) : "";
  return { functionCall: { ...(id && { id }), name: call.name, args: args ?? {} } };
}

function runsCode(model: ModelProfile): boolean {
  return model.serverTools.includes("codeExecution");
}

function toExecutableCode({ id, language, code }: ExecutableCode): NonNullable<WirePart["executableCode"]> {
  return { ...(id && { id }), language: language || "PYTHON", code };
}

function toCodeResult({
  id,
  outcome,
  nativeOutcome,
  output,
}: CodeResult): NonNullable<WirePart["codeExecutionResult"]> {
  const word = nativeOutcome || CodeResult_OutcomeSchema.value[outcome]?.name || "OUTCOME_UNSPECIFIED";
  return { ...(id && { id }), outcome: word, output };
}

function toServerToolParts(
  kind: Extract<Part["kind"], { case: "serverToolCall" | "serverToolResult" }>,
  path: string,
  { model, raise, budget }: PartContext,
): WirePart[] {
  if (!model.callIds) {
    raise("part_ignored", path, `${model.id} does not know such parts; it was left out.`);
    return [];
  }
  const { id, toolType } = kind.value;
  if (kind.case === "serverToolCall") {
    const args = parseServerJson(kind.value.argumentsJson, `${path}.server_tool_call.arguments_json`, budget);
    return [{ toolCall: { ...(id && { id }), toolType, args } }];
  }
  const response = parseServerJson(kind.value.responseJson, `${path}.server_tool_result.response_json`, budget);
  return [{ toolResponse: { ...(id && { id }), toolType, response } }];
}

function parseServerJson(text: string, path: string, budget: JsonBudget): object {
  budget.spend(text, path);
  const value = text.trim() === "" ? {} : parseJsonObject(text);
  if (value !== undefined) return value;
  throw new Failure("INVALID_VALUE", "This must be the text of a JSON object.", { field: path });
}

/** A part of a kind we do not know goes back as it came, but cannot smuggle in files of other callers. */
function toNativePart(json: string, path: string, { upstreamObjects, budget }: PartContext): WirePart {
  const field = `${path}.json`;
  budget.spend(json, field);
  const value = parseJsonObject(json);
  if (value === undefined) {
    throw new Failure("INVALID_VALUE", "A native part must be the text of a JSON object.", { field });
  }
  if (!upstreamObjects && hasKey(value, (key) => key === "fileData" || key === "file_data")) {
    throw new Failure("UNSUPPORTED_PARAMETER", "Files of the upstream are not accepted here.", { field });
  }
  return value;
}
