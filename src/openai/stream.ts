// Events of an answer → `chat.completion.chunk` events as SSE text. Text and thoughts, nearly all of a stream, are pasted between two
// prepared strings, so that only the text itself is stringified; base64 is neither escaped nor decoded.
// The end is held back: finish reasons, annotations and usage are written only when the caller says that the upstream ended well.
import { Failure } from "../chat/failures.ts";
import type {
  ChatEvent,
  ModelStatus,
  Started,
  StreamChatResponse,
  Usage,
  Warning,
} from "../gen/gemini/chat/v1/chat_pb.ts";
import {
  toEdgeWarning,
  toModelStatus,
  toOpenAiWarning,
  toOrigin,
  toTier,
  type AnswerExtras,
  type OpenAiWarning,
} from "./answer.ts";
import type { CallerParams } from "./caller-params.ts";
import { ChoiceWriter, ChunkFrame, type ChunkExtras } from "./chunks.ts";
import { closeAnswer } from "./closing.ts";
import { toErrorBody } from "./errors.ts";
import type { AnswerIdentity, Delivery } from "./intent.ts";
import { Outline } from "./outline.ts";
import { PartRenderer } from "./render.ts";
import { toUsage } from "./usage.ts";

/** A comment that every SSE parser skips: it keeps clients and proxies from giving up during silence. */
export const KEEP_ALIVE_COMMENT = ": keep-alive\n\n";

const DONE = "data: [DONE]\n\n";

/**
 * The last event of a stream that failed after its 200. Neither a finish reason nor `[DONE]` may follow: clients take a clean end
 * for a complete answer.
 */
export function streamErrorText(failure: Failure, callerParams?: CallerParams): string {
  return `data: ${JSON.stringify(toErrorBody(failure, callerParams))}\n\n`;
}

export interface ChunkStream {
  /** SSE text of the events; "" when they say nothing yet. */
  push(batch: StreamChatResponse): string;
  /** The last chunks and `[DONE]`. Throws UPSTREAM_STREAM_TRUNCATED when an answer has not finished. */
  end(): string;
}

/** The chunks of one answer; `extras.warnings` go into the first. */
export function createChunkStream(delivery: Delivery, identity: AnswerIdentity, extras: AnswerExtras): ChunkStream {
  return new CompletionStream(delivery, identity, extras);
}

/** One of the answers while it comes. */
interface Choice {
  readonly outline: Outline;
  readonly renderer: PartRenderer;
  readonly writer: ChoiceWriter;
}

class CompletionStream implements ChunkStream {
  readonly #delivery: Delivery;
  readonly #identity: AnswerIdentity;
  readonly #edgeWarnings: readonly OpenAiWarning[];
  readonly #callerParams: CallerParams | undefined;
  readonly #frame: ChunkFrame;
  readonly #choices: Choice[] = [];
  readonly #lateWarnings: Warning[] = [];
  #usage: Usage | undefined;
  #lateStatus: ModelStatus | undefined;

  constructor(delivery: Delivery, identity: AnswerIdentity, extras: AnswerExtras) {
    this.#delivery = delivery;
    this.#identity = identity;
    this.#edgeWarnings = extras.warnings.map(toEdgeWarning);
    this.#callerParams = extras.callerParams;
    this.#frame = new ChunkFrame(delivery, identity);
    this.#frame.setFirstExtras(toExtras(this.#edgeWarnings, {}));
  }

  push(batch: StreamChatResponse): string {
    for (const event of batch.events) this.#add(event);
    return this.#frame.take();
  }

  end(): string {
    const endings = Array.from(this.#choices, (known: Choice | undefined, index) => {
      const choice = known ?? this.#createChoice(index);
      const { candidate, letGoBytes } = choice.outline.end();
      return { ...choice, closing: closeAnswer(candidate, choice.renderer, this.#delivery, index, letGoBytes) };
    });
    if (endings.length === 0) throw new Failure("UPSTREAM_STREAM_TRUNCATED", "The stream ended without an answer.");
    const warnings = [...this.#lateWarnings, ...endings.flatMap(({ closing }) => closing.warnings)];
    const extras = toExtras(
      warnings.map((one) => toOpenAiWarning(one, this.#callerParams)),
      {
        ...(this.#lateStatus && { model_status: toModelStatus(this.#lateStatus) }),
        ...(this.#usage && toTier(this.#usage)),
      },
    );
    endings.forEach(({ writer, renderer, closing }, index) => {
      writer.finish(closing, renderer.contentLength, index === endings.length - 1 ? extras : {});
    });
    if (this.#delivery.includeUsage && this.#usage !== undefined) this.#frame.addUsage(toUsage(this.#usage));
    this.#frame.add(DONE);
    return this.#frame.take();
  }

  #add(event: ChatEvent): void {
    const { case: name, value } = event.event;
    switch (name) {
      case "started":
        this.#start(value);
        break;
      case "usage":
        this.#usage = value;
        break;
      case "modelStatus":
        this.#lateStatus = value;
        break;
      case "warning":
        this.#lateWarnings.push(value);
        break;
      case "logprobs":
        if (this.#delivery.logprobs) this.#choice(event.candidate).writer.logprobs(value);
        break;
      case "citation":
      case "grounding":
      case "urlContext":
      case "safetyRatings":
        this.#choice(event.candidate).outline.add(event);
        break;
      case "finished":
        this.#choice(event.candidate).renderer.close();
        this.#choice(event.candidate).outline.add(event);
        break;
      case undefined:
        break;
      default: {
        const { renderer, outline } = this.#choice(event.candidate);
        renderer.add(event);
        outline.add(event);
      }
    }
  }

  #start(started: Started): void {
    const warnings = [
      ...this.#edgeWarnings,
      ...started.warnings.map((one) => toOpenAiWarning(one, this.#callerParams)),
    ];
    this.#frame.setFirstExtras(toExtras(warnings, { ...toOrigin(started), ...toTier(started) }));
  }

  #choice(candidate: number): Choice {
    return (this.#choices[candidate] ??= this.#createChoice(candidate));
  }

  #createChoice(candidate: number): Choice {
    const writer = new ChoiceWriter(this.#frame, this.#identity, candidate);
    return { outline: new Outline(), renderer: new PartRenderer(this.#delivery, candidate, writer), writer };
  }
}

function toExtras(warnings: readonly OpenAiWarning[], members: Readonly<Record<string, unknown>>): ChunkExtras {
  return { ...members, ...(warnings.length === 0 ? {} : { warnings }) };
}
