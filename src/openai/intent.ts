// What a chat completion request asks for: the ChatRequest behind it, and how its answer is to be delivered.
import type { ChatRequest, Warning } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { CallerParams } from "./caller-params.ts";

/** How the answer is written as OpenAI JSON; nothing of it concerns the model. */
export interface Delivery {
  /** The model id as the client wrote it; every answer repeats it. */
  readonly model: string;
  readonly stream: boolean;
  /** A last chunk with usage, `stream_options.include_usage`. */
  readonly includeUsage: boolean;
  /** Where generated images go: Markdown in `content`, the list `images`, or both. */
  readonly images: "markdown" | "images" | "both";
  /** Where generated sound goes: `message.audio` when the audio modality was asked for, else a link in `content`. */
  readonly audio: "message" | "link";
  /** A JSON response_format was asked for: only the model's own text may enter `content`. */
  readonly structured: boolean;
  /** `functions` were declared: calls are answered as `function_call`. */
  readonly legacyFunctions: boolean;
  /** Names of the custom tools that were declared: calls of them are answered as such. */
  readonly customTools: ReadonlySet<string>;
  /** `logprobs: true`. */
  readonly logprobs: boolean;
}

export interface ChatIntent {
  readonly request: ChatRequest;
  readonly delivery: Delivery;
  /** Most upstream attempts that the caller wants. */
  readonly maxAttempts: number;
  /** Warnings about OpenAI fields, in the order they were found; `param` is the OpenAI parameter. */
  readonly warnings: readonly Warning[];
  /** What `toOpenAiParam` needs to name parameters as the caller did. */
  readonly callerParams: CallerParams;
}

/** What all chunks of an answer have in common. */
export interface AnswerIdentity {
  /** `chatcmpl-…` */
  readonly id: string;
  /** Unix seconds of the start of the request. */
  readonly created: number;
}
