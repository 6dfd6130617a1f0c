// Measures one call and reports it exactly once, however it ends.
import type { StreamChatResponse, Usage } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { AttemptCount } from "./attempts.ts";
import { Failure } from "./failures.ts";
import type { CallContext, CallOutcome, Clock, Telemetry } from "./ports.ts";

export class Meter {
  readonly #telemetry: Telemetry;
  readonly #clock: Clock;
  readonly #context: CallContext;
  readonly #rpc: CallOutcome["rpc"];
  readonly #startedMs: number;
  readonly count: AttemptCount = { attempts: 0 };
  readonly warnings: string[] = [];
  model: string;
  #firstEventMs: number | undefined;
  #usage: Usage | undefined;
  #settled = false;

  constructor(
    ports: { telemetry: Telemetry; clock: Clock },
    rpc: CallOutcome["rpc"],
    model: string,
    context: CallContext,
  ) {
    this.#telemetry = ports.telemetry;
    this.#clock = ports.clock;
    this.#context = context;
    this.#rpc = rpc;
    this.model = model;
    this.#startedMs = ports.clock.now();
    this.#telemetry.callStarted(rpc);
  }

  /** Notes when the first result came. */
  firstEvent(): void {
    this.#firstEventMs ??= this.#clock.now() - this.#startedMs;
  }

  /** Looks at a batch on its way to the caller; the usage is at its end, when it is there at all. */
  observe(batch: StreamChatResponse): void {
    this.firstEvent();
    const last = batch.events.at(-1)?.event;
    if (last?.case === "usage") this.#usage = last.value;
  }

  /** Reports success. */
  succeed(): void {
    this.#report("OK", undefined);
  }

  /** Reports a failure and gives it back, to be thrown. */
  fail(error: unknown): Failure {
    const failure = Failure.from(error);
    this.#report(failure.reason, failure.reason === "INTERNAL_ERROR" ? failure.cause : undefined);
    return failure;
  }

  /** Reports a caller who left without waiting for the end; does nothing when the end was reported. */
  abandon(): void {
    this.#report("CANCELLED", undefined);
  }

  #report(outcome: string, cause: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    const usage = this.#usage;
    this.#telemetry.callFinished({
      rpc: this.#rpc,
      requestId: this.#context.requestId,
      caller: this.#context.caller.name,
      model: this.model,
      outcome,
      durationMs: this.#clock.now() - this.#startedMs,
      firstEventMs: this.#firstEventMs,
      attempts: this.count.attempts,
      promptTokens: usage?.promptTokens ?? 0,
      completionTokens: usage?.completionTokens ?? 0,
      thoughtTokens: usage?.thoughtTokens ?? 0,
      cachedTokens: usage?.cachedTokens ?? 0,
      warnings: this.warnings,
      cause,
    });
  }
}
