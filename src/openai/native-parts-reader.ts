// `extra_content.google.parts`, read back from a client. Strict where a kind is known; unknown kinds pass as they are.
import { toStandardBase64 } from "../chat/base64.ts";
import { lazyData, NO_BYTES, setSignature } from "../chat/bytes.ts";
import { Failure } from "../chat/failures.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import { CodeResult_Outcome, CodeResult_OutcomeSchema, type Media, type Part } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { Json } from "./json-object.ts";
import { PARTS_MAX } from "./schema/messages.ts";

type Kind = Part["kind"];

/** Limits of the contract: names in characters, ids of calls in bytes, MIME types in characters. */
const NAME_MAX_LENGTH = 128;
const ID_MAX_BYTES = 16_384;
const MIME_TYPE_MAX_LENGTH = 255;

/** What the message itself has brought back and no placeholder has taken yet. */
interface Placeable {
  readonly images: Iterator<Media, unknown>;
  readonly files: Iterator<Media, unknown>;
}

/** Reads the value of a known key; `at` names it in failures. */
const READERS: ReadonlyMap<string, (value: unknown, at: string) => Kind> = new Map([
  ["text", readText],
  ["functionCall", readFunctionCall],
  ["functionResponse", readFunctionResponse],
  ["executableCode", readExecutableCode],
  ["codeExecutionResult", readCodeResult],
  ["toolCall", readServerToolCall],
  ["toolResponse", readServerToolResult],
  ["fileData", readFileData],
]);

/**
 * Parts of an assistant message. `media` are the images and files of the message in order; each placeholder takes the next of its kind, and is
 * left out with a warning when the client has returned none. Throws INVALID_VALUE that names the place under `field`.
 */
export function readNativeParts(
  value: unknown,
  media: readonly Media[],
  field: string,
  raise: RaiseWarning,
): { readonly part: Part; readonly index: number }[] {
  if (!Array.isArray(value)) throw invalid(field, "must be a list of parts");
  if (value.length > PARTS_MAX) throw invalid(field, `has more than ${PARTS_MAX} parts`);
  const rest: Placeable = {
    images: media.filter(({ mimeType }) => isImage(mimeType)).values(),
    files: media.filter(({ mimeType }) => !isImage(mimeType)).values(),
  };
  return value.flatMap((item: unknown, index) => {
    const at = `${field}[${index}]`;
    const part = readPart(item, rest, at);
    if (part !== undefined) return [{ part, index }];
    raise("image_missing", at, "The image or file that stood here did not come back; it was left out.");
    return [];
  });
}

/** Undefined for the placeholder of media that are not there. */
function readPart(value: unknown, media: Placeable, at: string): Part | undefined {
  const json = readObject(value, at);
  const kind = readKind(json, media, at);
  if (kind === undefined) return undefined;
  if (kind.case === "nativePart") return toPart(kind);
  const inThought = json["thought"] === true;
  const part =
    kind.case === "text" && inThought ? toPart({ case: "thought", value: kind.value }) : toPart(kind, inThought);
  const signature = readOptional(json, "thoughtSignature", at);
  if (signature !== "") setSignature(part, readBase64(signature, `${at}.thoughtSignature`));
  return part;
}

/** A part has one key that says what it is; one without a known key is of a kind that is newer than this code. */
function readKind(json: Json, media: Placeable, at: string): Kind | undefined {
  const kinds = Object.keys(json).flatMap((key): (() => Kind | undefined)[] => {
    if (key === "inlineData") return [() => readInlineData(json[key], media, `${at}.${key}`)];
    const read = READERS.get(key);
    return read === undefined ? [] : [() => read(json[key], `${at}.${key}`)];
  });
  const [read] = kinds;
  if (kinds.length > 1) throw invalid(at, "is of more than one kind");
  if (read !== undefined) return read();
  return { case: "nativePart", value: { $typeName: "gemini.chat.v1.NativePart", json: JSON.stringify(json) } };
}

function readBase64(text: string, at: string): string {
  const base64 = toStandardBase64(text);
  if (base64 === undefined) throw invalid(at, "must be base64");
  return base64;
}

function toPart(kind: Kind, inThought = false): Part {
  return { $typeName: "gemini.chat.v1.Part", kind, signature: NO_BYTES, inThought, speaker: "", style: "" };
}

function readText(value: unknown, at: string): Kind {
  return { case: "text", value: readString(value, at) };
}

function readFunctionCall(value: unknown, at: string): Kind {
  const json = readObject(value, at);
  return {
    case: "toolCall",
    value: {
      $typeName: "gemini.chat.v1.ToolCall",
      id: readCallId(json, at),
      name: readName(json, at),
      arguments: readJsonText(json["args"] ?? {}, `${at}.args`),
    },
  };
}

function readFunctionResponse(value: unknown, at: string): Kind {
  const json = readObject(value, at);
  return {
    case: "toolResult",
    value: {
      $typeName: "gemini.chat.v1.ToolResult",
      toolCallId: readCallId(json, at),
      name: readName(json, at),
      content: readJsonText(json["response"], `${at}.response`),
      isError: false,
      media: [],
    },
  };
}

function readExecutableCode(value: unknown, at: string): Kind {
  const json = readObject(value, at);
  return {
    case: "executableCode",
    value: {
      $typeName: "gemini.chat.v1.ExecutableCode",
      id: readOptional(json, "id", at),
      language: readString(json["language"], `${at}.language`),
      code: readString(json["code"], `${at}.code`),
    },
  };
}

function readCodeResult(value: unknown, at: string): Kind {
  const json = readObject(value, at);
  const word = readString(json["outcome"], `${at}.outcome`);
  const known = CodeResult_OutcomeSchema.values.find(({ name }) => name === word);
  return {
    case: "codeResult",
    value: {
      $typeName: "gemini.chat.v1.CodeResult",
      id: readOptional(json, "id", at),
      outcome: (known?.number ?? CodeResult_Outcome.UNSPECIFIED) as CodeResult_Outcome,
      output: readOptional(json, "output", at),
      nativeOutcome: known === undefined ? word : "",
    },
  };
}

function readServerToolCall(value: unknown, at: string): Kind {
  const json = readObject(value, at);
  return {
    case: "serverToolCall",
    value: {
      $typeName: "gemini.chat.v1.ServerToolCall",
      id: readOptional(json, "id", at),
      toolType: readString(json["toolType"], `${at}.toolType`),
      argumentsJson: readJsonText(json["args"] ?? {}, `${at}.args`),
    },
  };
}

function readServerToolResult(value: unknown, at: string): Kind {
  const json = readObject(value, at);
  return {
    case: "serverToolResult",
    value: {
      $typeName: "gemini.chat.v1.ServerToolResult",
      id: readOptional(json, "id", at),
      toolType: readString(json["toolType"], `${at}.toolType`),
      responseJson: readJsonText(json["response"] ?? {}, `${at}.response`),
    },
  };
}

function readFileData(value: unknown, at: string): Kind {
  const json = readObject(value, at);
  const uri = readString(json["fileUri"], `${at}.fileUri`);
  return toMedia({ case: "uri", value: uri }, json["mimeType"], `${at}.mimeType`);
}

function toMedia(source: Media["source"], type: unknown, at: string): Kind {
  const mimeType = readString(type ?? "", at);
  if (mimeType.length > MIME_TYPE_MAX_LENGTH) throw invalid(at, "is too long");
  return { case: "media", value: { $typeName: "gemini.chat.v1.Media", mimeType, source, resolution: 0, name: "" } };
}

function readInlineData(value: unknown, media: Placeable, at: string): Kind | undefined {
  const { data, mimeType } = readObject(value, at);
  if (typeof data === "string") return toMedia(lazyData(readBase64(data, `${at}.data`)), mimeType, `${at}.mimeType`);
  const next = (isImage(mimeType) ? media.images : media.files).next();
  return next.done === true ? undefined : { case: "media", value: next.value };
}

/** Media whose type is not told, such as URLs, are images, as they are everywhere in OpenAI's messages. */
function isImage(mimeType: unknown): boolean {
  return typeof mimeType !== "string" || mimeType === "" || mimeType.startsWith("image/");
}

function readName(json: Json, at: string): string {
  const name = readString(json["name"], `${at}.name`);
  if (name === "" || name.length > NAME_MAX_LENGTH)
    throw invalid(`${at}.name`, `must have 1 to ${NAME_MAX_LENGTH} characters`);
  return name;
}

function readCallId(json: Json, at: string): string {
  const id = readOptional(json, "id", at);
  if (Buffer.byteLength(id) > ID_MAX_BYTES) throw invalid(`${at}.id`, "is too long");
  return id;
}

function readOptional(json: Json, key: string, at: string): string {
  return readString(json[key] ?? "", `${at}.${key}`);
}

function readString(value: unknown, at: string): string {
  if (typeof value !== "string") throw invalid(at, "must be a string");
  return value.toWellFormed();
}

/** The text of an object. */
function readJsonText(value: unknown, at: string): string {
  return JSON.stringify(readObject(value, at));
}

function readObject(value: unknown, at: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(at, "must be an object");
  return value as Json;
}

function invalid(field: string, problem: string): Failure {
  return new Failure("INVALID_VALUE", `Invalid '${field}': ${problem}.`, { field });
}
