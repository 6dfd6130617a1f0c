// A whole answer → `chat.completion`. It goes through the same renderer and the same ending as the stream, so both say the same.
import { NO_BYTES, setSignature, signatureText, type Base64 } from "../chat/bytes.ts";
import { CUT_MIN_LENGTH, Cuts } from "../chat/cuts.ts";
import { Failure } from "../chat/failures.ts";
import type { Candidate, ChatEvent, ChatResponse, Part } from "../gen/gemini/chat/v1/chat_pb.ts";
import {
  audioExpiry,
  audioIdentity,
  toEdgeWarning,
  toFunctionCall,
  toImage,
  toLogprobs,
  toOpenAiWarning,
  toOrigin,
  toTier,
  toToolCall,
  type AnswerExtras,
} from "./answer.ts";
import { joinBase64 } from "./base64-pieces.ts";
import { closeAnswer, type Closing } from "./closing.ts";
import type { AnswerIdentity, Delivery } from "./intent.ts";
import { PartRenderer, type MessageWriter, type RenderedCall, type RenderedMedia } from "./render.ts";
import { toUsage } from "./usage.ts";

/** The JSON of an answer; UTF-8 in pieces where it holds media, which are not copied. Throws as `toChatCompletion` does. */
export function toChatCompletionJson(
  response: ChatResponse,
  delivery: Delivery,
  identity: AnswerIdentity,
  extras: AnswerExtras,
): string | readonly Buffer[] {
  const cuts = new Cuts();
  const json = JSON.stringify(toChatCompletion(response, delivery, identity, extras, cuts));
  return cuts.size === 0 ? json : cuts.pieces(json);
}

/**
 * The `chat.completion` of an answer; with `cuts` long media are tokens of theirs. Throws UPSTREAM_STREAM_TRUNCATED when it has no
 * candidate or one that did not finish.
 */
export function toChatCompletion(
  response: ChatResponse,
  delivery: Delivery,
  identity: AnswerIdentity,
  extras: AnswerExtras,
  cuts?: Cuts,
): Record<string, unknown> {
  if (response.candidates.length === 0) throw new Failure("UPSTREAM_STREAM_TRUNCATED", "The upstream gave no answer.");
  const choices = response.candidates.map((candidate, index) => toChoice(candidate, index, delivery, identity, cuts));
  const serviceWarnings = [...response.warnings, ...choices.flatMap(({ closing }) => closing.warnings)];
  const warnings = [
    ...extras.warnings.map(toEdgeWarning),
    ...serviceWarnings.map((one) => toOpenAiWarning(one, extras.callerParams)),
  ];
  return {
    id: identity.id,
    object: "chat.completion",
    created: identity.created,
    model: delivery.model,
    ...toOrigin(response),
    ...toTier(response),
    ...(response.usage && toTier(response.usage)),
    choices: choices.map(({ json }) => json),
    ...(response.usage === undefined ? {} : { usage: toUsage(response.usage) }),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

function toChoice(
  candidate: Candidate,
  index: number,
  delivery: Delivery,
  identity: AnswerIdentity,
  cuts: Cuts | undefined,
) {
  const message = new MessageBuilder(cuts);
  const renderer = new PartRenderer(delivery, index, message);
  candidate.parts.forEach((part, position) => {
    if (part.kind.case === "refusal") renderer.addRefusal(part.kind.value);
    else renderer.add(toEvent(part, position));
  });
  renderer.close();
  const closing = closeAnswer(candidate, renderer, delivery, index);
  const json = {
    index,
    message: message.build(closing, identity, index),
    logprobs: delivery.logprobs && candidate.logprobs !== undefined ? toLogprobs(candidate.logprobs) : null,
    finish_reason: closing.finishReason,
    ...closing.choiceFields,
  };
  return { json, closing };
}

/** The event that would bring this part whole. */
function toEvent(part: Part, position: number): ChatEvent {
  const event: ChatEvent = {
    $typeName: "gemini.chat.v1.ChatEvent",
    candidate: 0,
    part: position,
    signature: NO_BYTES,
    inThought: part.inThought,
    event: toEventKind(part.kind),
  };
  const signature = signatureText(part);
  if (signature !== "") setSignature(event, signature);
  return event;
}

function toEventKind(kind: Part["kind"]): ChatEvent["event"] {
  if (kind.case === "refusal") return { case: undefined };
  if (kind.case !== "media") return kind;
  const { mimeType, source, name } = kind.value;
  return { case: "media", value: { $typeName: "gemini.chat.v1.MediaChunk", mimeType, source, name, last: true } };
}

/** Collects what the renderer writes. */
class MessageBuilder implements MessageWriter {
  #content: string | undefined;
  #reasoning = "";
  #refusal: string | null = null;
  readonly #toolCalls: unknown[] = [];
  readonly #images: unknown[] = [];
  readonly #audio: string[] = [];
  readonly #cuts: Cuts | undefined;
  #functionCall: unknown;

  constructor(cuts: Cuts | undefined) {
    this.#cuts = cuts;
  }

  content(text: string): void {
    this.#content = (this.#content ?? "") + text;
  }

  reasoning(text: string): void {
    this.#reasoning += text;
  }

  refusal(text: string): void {
    this.#refusal = (this.#refusal ?? "") + text;
  }

  toolCall(call: RenderedCall): void {
    this.#toolCalls.push(toToolCall(call));
  }

  functionCall(call: RenderedCall): void {
    this.#functionCall = toFunctionCall(call);
  }

  media(media: RenderedMedia): void {
    const data = this.#cutOut(media.data);
    if (media.opening !== undefined) this.content(`${media.opening}${media.head}${data})`);
    if (media.imageIndex !== undefined) this.#images.push(toImage({ ...media, data }));
  }

  #cutOut(base64: Base64): string {
    return this.#cuts === undefined || base64.length < CUT_MIN_LENGTH ? String(base64) : this.#cuts.hold(base64);
  }

  audio(data: string): void {
    this.#audio.push(data);
  }

  build({ bareContent, annotations, extraContent }: Closing, identity: AnswerIdentity, index: number) {
    const sound = this.#audio.length === 0 ? undefined : this.#cutOut(joinBase64(this.#audio));
    return {
      role: "assistant",
      content: this.#content ?? bareContent,
      refusal: this.#refusal,
      ...(this.#reasoning === "" ? {} : { reasoning_content: this.#reasoning, reasoning: this.#reasoning }),
      ...(annotations.length === 0 ? {} : { annotations }),
      ...(this.#images.length === 0 ? {} : { images: this.#images }),
      ...(sound === undefined
        ? {}
        : { audio: { ...audioIdentity(identity, index), data: sound, expires_at: audioExpiry(identity) } }),
      ...(this.#toolCalls.length === 0 ? {} : { tool_calls: this.#toolCalls }),
      ...(this.#functionCall === undefined ? {} : { function_call: this.#functionCall }),
      ...(extraContent === undefined ? {} : { extra_content: extraContent }),
    };
  }
}
