// The conversation: turns, the system instruction, and what Gemini demands of how a conversation begins and ends.
// Example: [system "Be terse.", user "Hi", assistant call f, tool result] →
//   systemInstruction "Be terse.", contents [user "Hi", model functionCall f, user functionResponse f].
import { Failure } from "../chat/failures.ts";
import type { ModelProfile } from "../chat/models.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import { type ChatRequest, type Message, Role } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { MappingContext } from "./mapping-context.ts";
import { speaks } from "./parts.ts";
import { firstAnswerOf, readInstruction, type SystemText } from "./system.ts";
import { type Turn, toTurns, type Turns } from "./turns.ts";
import type { GenerateContentRequest, WirePart } from "./wire-request.ts";

export type Conversation = Pick<GenerateContentRequest, "contents" | "systemInstruction">;

/** What a turn says that stands only because Gemini wants one there. */
const MINIMAL_TURN = "Continue.";

/** Documented for history that has no signature of its own; decodes as the URL-safe base64 that the field asks for. */
const SIGNATURE_BYPASS = "skip_thought_signature_validator";

/**
 * contents and systemInstruction. `instruction` is ours, for what the model cannot be told otherwise; it follows the system messages.
 * Throws a Failure that names the field for what cannot be sent, and when there is nothing to send.
 */
export function toConversation(
  request: ChatRequest,
  instruction: string | undefined,
  context: MappingContext,
): Conversation {
  return toPlacedConversation(request, instruction, context).conversation;
}

/** The same, with the places in the request that its parts came from. */
export function toPlacedConversation(
  request: ChatRequest,
  instruction: string | undefined,
  context: MappingContext,
): { conversation: Conversation; origins: Turns["origins"] } {
  const { messages, speech } = request;
  const { model, raise } = context;
  const multiSpeaker = speech?.voicing.case === "multiSpeaker" ? speech.voicing.value.speakers : [];
  const speakers = multiSpeaker.map(({ speaker }) => speaker);
  const currentMessage = messages.findLastIndex(({ role }) => role === Role.ASSISTANT) + 1;
  const firstAnswer = firstAnswerOf(messages);
  const { turns, origins } = toTurns(messages, { ...context, speakers, currentMessage, firstAnswer });
  // A cache brings its own system instruction; beside it Gemini refuses another one.
  const cached = request.cachedContent !== "";
  // Speech models would speak it; that is told of all of them together.
  const end = speaks(model) ? messages.length : firstAnswer;
  const system = cached ? ignoreSystem(messages.slice(0, end), raise) : readInstruction(messages, end, raise);
  const instructions = [...system.texts, ...(instruction === undefined ? [] : [instruction])].join("\n\n");
  const separate = model.systemInstruction && !cached;
  const systemInstruction = placeInstructions(turns, instructions, system.path, separate, context);
  if (turns.length === 0) {
    throw new Failure("MISSING_REQUIRED_PARAMETER", "No message has any content.", { field: "messages" });
  }
  openWithUser(turns, origins, raise);
  closeWithUser(turns, messages.length - 1, model, raise);
  if (model.signaturesRequired) signCurrentTurn(turns, origins, raise);
  warnOfNames(messages, raise);
  if (speaks(model) && !model.verbatimSpeech) turns.forEach(joinTexts);
  const contents = turns.map(({ role, parts }) => ({ role, parts }));
  return { conversation: systemInstruction === undefined ? { contents } : { contents, systemInstruction }, origins };
}

/** Told once for all messages: in a conversation of agents every one has a name. That of a tool is its function's, and is used. */
function warnOfNames(messages: readonly Message[], raise: RaiseWarning): void {
  const index = messages.findIndex(({ role, name }) => role !== Role.TOOL && name !== "");
  if (index < 0) return;
  raise(
    "parameter_ignored",
    `messages[${index}].name`,
    "Gemini has no place for names of participants; none was sent.",
  );
}

function ignoreSystem(messages: readonly Message[], raise: RaiseWarning): SystemText {
  const index = messages.findIndex(({ role }) => role === Role.SYSTEM);
  if (index >= 0) raise("system_ignored", `messages[${index}]`, "The cache brings its own system instruction.");
  return { texts: [], path: undefined };
}

/** Puts the instructions where the model reads them; returns what becomes systemInstruction (`separate`: it may). */
function placeInstructions(
  turns: Turn[],
  text: string,
  path: string | undefined,
  separate: boolean,
  { model, raise }: MappingContext,
): Conversation["systemInstruction"] {
  if (text === "") return undefined;
  if (speaks(model)) {
    if (path !== undefined) raise("system_ignored", path, "Speech models take no system instruction; it was not sent.");
    return undefined;
  }
  if (turns.length === 0) {
    if (path === undefined) return undefined;
    raise("role_adjusted", path, "There is nothing but system messages: they were sent as the user's.");
    turns.push({ role: "user", parts: [{ text }], kind: "message" });
    return undefined;
  }
  if (separate) return { parts: [{ text }] };
  if (path !== undefined) raise("system_as_user_text", path, "It was put before the first user text.");
  prependText(turns, text);
  return undefined;
}

function prependText(turns: Turn[], text: string): void {
  const [first] = turns;
  if (first?.role !== "user" || first.kind !== "message") {
    turns.unshift({ role: "user", parts: [{ text }], kind: "message" });
    return;
  }
  const [part] = first.parts;
  if (part?.text === undefined) first.parts.unshift({ text });
  else part.text = `${text}\n\n${part.text}`;
}

/** A conversation may begin with the model, but not with its calls: cut histories do. */
function openWithUser(turns: Turn[], origins: Turns["origins"], raise: RaiseWarning): void {
  const call = turns[0]?.role === "model" ? turns[0].parts.find((part) => part.functionCall) : undefined;
  if (call === undefined) return;
  turns.unshift({ role: "user", parts: [{ text: MINIMAL_TURN }], kind: "message" });
  raise(
    "leading_tool_call",
    origins.get(call) ?? "messages",
    "A conversation cannot begin with a call; a user turn was put before it.",
  );
}

/** 3.6-flash, 3.5-flash-lite and newer refuse a request that ends with the model. What a speech model gets last is to be spoken. */
function closeWithUser(turns: Turn[], lastMessage: number, model: ModelProfile, raise: RaiseWarning): void {
  const last = turns.at(-1);
  if (last?.role !== "model") return;
  const path = `messages[${lastMessage}]`;
  if (speaks(model)) {
    last.role = "user";
    raise("role_adjusted", path, "Speech models read what the user says: the last message was sent as the user's.");
  } else if (!model.prefill) {
    turns.push({ role: "user", parts: [{ text: MINIMAL_TURN }], kind: "message" });
    raise("trailing_model_turn", path, `The model cannot speak last; "${MINIMAL_TURN}" was added for the user.`);
  }
}

/**
 * In the current turn (all after the last user message) the first call of every step must be signed, or the answer is 400.
 * Media of results count as a user message for Google; here they do not, since a bypass too many does no harm.
 */
function signCurrentTurn(turns: readonly Turn[], origins: Turns["origins"], raise: RaiseWarning): void {
  const start = turns.findLastIndex(({ role, kind }) => role === "user" && kind === "message");
  for (const { role, parts } of turns.slice(start + 1)) {
    const first = role === "model" ? parts.find((part) => part.functionCall) : undefined;
    if (first === undefined || first.thoughtSignature !== undefined) continue;
    first.thoughtSignature = SIGNATURE_BYPASS;
    const name = first.functionCall?.name ?? "";
    raise(
      "signature_bypassed",
      origins.get(first) ?? "messages",
      `The call of ${name} came without its signature; a bypass was sent.`,
    );
  }
}

/** Older speech models read one text with a line for each speaker. */
function joinTexts({ parts }: Turn): void {
  const texts = parts.flatMap((part: WirePart) => part.text ?? []);
  if (texts.length === parts.length) parts.splice(0, parts.length, { text: texts.join("\n") });
}
