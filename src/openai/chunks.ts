// The text of `chat.completion.chunk` events: what all chunks of an answer share, and the deltas of one choice.
import type { Logprobs } from "../gen/gemini/chat/v1/chat_pb.ts";
import { audioExpiry, audioIdentity, toFunctionCall, toLogprobs, toToolCall, type OpenAiWarning } from "./answer.ts";
import { Base64Aligner } from "./base64-pieces.ts";
import type { Closing } from "./closing.ts";
import type { AnswerIdentity, Delivery } from "./intent.ts";
import type { MessageWriter, RenderedCall, RenderedMedia } from "./render.ts";
import type { OpenAiUsage } from "./usage.ts";

/** Members of a chunk that only some chunks have. */
export interface ChunkExtras {
  readonly warnings?: readonly OpenAiWarning[];
  readonly [member: string]: unknown;
}

/** Collects the chunks of an answer. A chunk is `head` + choice + `tail`. */
export class ChunkFrame {
  readonly head: string;
  readonly tail: string;
  #firstExtras: ChunkExtras | undefined = {};
  #text = "";

  constructor(delivery: Delivery, { id, created }: AnswerIdentity) {
    const shared = JSON.stringify({ id, object: "chat.completion.chunk", created, model: delivery.model });
    this.head = `data: ${shared.slice(0, -1)},"choices":[`;
    // With include_usage every chunk has the member, and only the last one a value.
    this.tail = delivery.includeUsage ? `],"usage":null}\n\n` : `]}\n\n`;
  }

  /** Sets members of the first chunk, as long as it has not been written. */
  setFirstExtras(extras: ChunkExtras): void {
    if (this.#firstExtras !== undefined) this.#firstExtras = extras;
  }

  /** Adds text that already is a chunk. */
  add(text: string): void {
    this.#text += text;
  }

  /** Adds a chunk of one choice; the first one also carries the first extras. */
  addChoice(choice: string, extras: ChunkExtras = {}): void {
    const first = this.#firstExtras ?? {};
    this.#firstExtras = undefined;
    const warnings = [...(first.warnings ?? []), ...(extras.warnings ?? [])];
    const members = JSON.stringify({ ...first, ...extras, warnings: warnings.length === 0 ? undefined : warnings });
    this.#text +=
      this.head + choice + (members === "{}" ? this.tail : `${this.tail.slice(0, -3)},${members.slice(1)}\n\n`);
  }

  /** Adds the chunk without choices that tells the usage. */
  addUsage(usage: OpenAiUsage): void {
    this.#text += `${this.head}],"usage":${JSON.stringify(usage)}}\n\n`;
  }

  /** What has been added since the last call. */
  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }
}

interface ChoiceMembers {
  /** Members of the delta as JSON text, without braces. */
  readonly delta: string;
  /** Members of the choice after `delta`. */
  readonly rest?: string;
  /** Which of the members that open a message `delta` already has. */
  readonly has?: "content" | "refusal";
  readonly extras?: ChunkExtras;
}

const UNFINISHED = `"logprobs":null,"finish_reason":null`;

/** Writes one choice. Its first delta, whatever it brings, also carries the role, once, as clients demand. */
export class ChoiceWriter implements MessageWriter {
  readonly #frame: ChunkFrame;
  readonly #identity: AnswerIdentity;
  readonly #index: number;
  readonly #contentHead: string;
  readonly #reasoningHead: string;
  readonly #tail: string;
  #opened = false;
  #audio: Base64Aligner | undefined;

  constructor(frame: ChunkFrame, identity: AnswerIdentity, index: number) {
    this.#frame = frame;
    this.#identity = identity;
    this.#index = index;
    this.#contentHead = `${frame.head}{"index":${index},"delta":{"content":`;
    this.#reasoningHead = `${frame.head}{"index":${index},"delta":{"reasoning_content":`;
    this.#tail = `},${UNFINISHED}}${frame.tail}`;
  }

  content(text: string): void {
    const json = JSON.stringify(text);
    if (this.#opened) this.#frame.add(this.#contentHead + json + this.#tail);
    else this.#write({ delta: `"content":${json}`, has: "content" });
  }

  reasoning(text: string): void {
    const json = JSON.stringify(text);
    if (this.#opened) this.#frame.add(`${this.#reasoningHead}${json},"reasoning":${json}${this.#tail}`);
    else this.#write({ delta: `"reasoning_content":${json},"reasoning":${json}` });
  }

  refusal(text: string): void {
    this.#write({ delta: `"refusal":${JSON.stringify(text)}`, has: "refusal" });
  }

  /** One delta per call with all its arguments: Gemini gives them whole, and every client takes a call that is complete at once. */
  toolCall(call: RenderedCall): void {
    this.#write({ delta: `"tool_calls":[${JSON.stringify({ index: call.index, ...toToolCall(call) })}]` });
  }

  functionCall(call: RenderedCall): void {
    this.#write({ delta: `"function_call":${JSON.stringify(toFunctionCall(call))}` });
  }

  media({ head, data, opening, imageIndex }: RenderedMedia): void {
    // Only concatenated: anything else would copy megabytes.
    const url = JSON.stringify(head).slice(1, -1) + data;
    const content = opening === undefined ? "" : `"content":"${opening}${url})"`;
    const images =
      imageIndex === undefined
        ? ""
        : `"images":[{"type":"image_url","index":${imageIndex},"image_url":{"url":"${url}"}}]`;
    const delta = content + (content !== "" && images !== "" ? "," : "") + images;
    this.#write({ delta, ...(content === "" ? {} : { has: "content" }) });
  }

  audio(data: string): void {
    const begins = this.#audio === undefined;
    this.#audio ??= new Base64Aligner();
    const piece = this.#audio.push(data);
    if (begins) {
      const identity = JSON.stringify(audioIdentity(this.#identity, this.#index)).slice(0, -1);
      this.#write({ delta: `"audio":${identity},"data":"${piece}"}` });
    } else if (piece !== "") {
      this.#write({ delta: `"audio":{"data":"${piece}"}` });
    }
  }

  logprobs(logprobs: Logprobs): void {
    this.#write({ delta: "", rest: `"logprobs":${JSON.stringify(toLogprobs(logprobs))},"finish_reason":null` });
  }

  /** The last chunks of the choice. `contentLength` tells whether anything was written to `content`. */
  finish(closing: Closing, contentLength: number, extras: ChunkExtras): void {
    if (this.#audio !== undefined) this.#endAudio(this.#audio);
    if (closing.annotations.length > 0) this.#write({ delta: `"annotations":${JSON.stringify(closing.annotations)}` });
    const bare = contentLength === 0 && closing.bareContent !== null;
    const delta = JSON.stringify({
      content: bare ? closing.bareContent : undefined,
      extra_content: closing.extraContent,
    });
    const choice = JSON.stringify({ logprobs: null, finish_reason: closing.finishReason, ...closing.choiceFields });
    this.#write({ delta: delta.slice(1, -1), rest: choice.slice(1, -1), ...(bare ? { has: "content" } : {}), extras });
  }

  /** `expires_at` comes in a delta of its own: openai-node takes that as the end of the sound, and openai-python sums numbers. */
  #endAudio(audio: Base64Aligner): void {
    const rest = audio.end();
    if (rest !== "") this.#write({ delta: `"audio":{"data":"${rest}"}` });
    this.#write({ delta: `"audio":{"expires_at":${audioExpiry(this.#identity)}}` });
  }

  #write({ delta, rest = UNFINISHED, has, extras }: ChoiceMembers): void {
    const opening = this.#opened ? "" : OPENINGS[has ?? "none"];
    this.#opened = true;
    const comma = opening !== "" && delta !== "" ? "," : "";
    this.#frame.addChoice(`{"index":${this.#index},"delta":{${opening}${comma}${delta}},${rest}}`, extras);
  }
}

/** What OpenAI's first delta begins with, without the member that the delta itself brings. */
const OPENINGS = {
  none: `"role":"assistant","content":null,"refusal":null`,
  content: `"role":"assistant","refusal":null`,
  refusal: `"role":"assistant","content":null`,
} as const;
