// One answer: its plan corrected until the upstream takes it, then its batches until the end, remembered on their way.
import { AudioFormat, type StreamChatResponse } from "../gen/gemini/chat/v1/chat_pb.ts";
import { beginCalls, type AnswerCalls, type Call } from "./answer-calls.ts";
import { correctionOf, type Correction } from "./corrections.ts";
import { Failure, type FailureReason } from "./failures.ts";
import { planCall, type Plan } from "./plan.ts";
import type { SpeechShaper } from "./ports.ts";
import { AnswerRecorder } from "./remember.ts";
import { addSpent } from "./usage.ts";

type Result = IteratorResult<StreamChatResponse, undefined>;

const DONE: Result = { done: true, value: undefined };

/**
 * The batches of one answer, for one reader that asks for one at a time. `next` rejects with a Failure. By hand: generators inside
 * generators made a short answer some 5 % dearer (measured).
 */
export class Answer implements AsyncIterableIterator<StreamChatResponse, undefined> {
  readonly #call: Call;
  readonly #planned: Plan;
  readonly #recorder: AnswerRecorder;
  readonly #shaper: SpeechShaper;
  #upstream: AnswerCalls | undefined;
  #isOver = false;

  constructor(call: Call, planned: Plan) {
    this.#call = call;
    this.#planned = planned;
    const { ports, context, deadline, mode } = call;
    this.#recorder = new AnswerRecorder(context.caller.licenceId, ports.memory);
    const format = planned.request.speech?.format ?? AudioFormat.UNSPECIFIED;
    this.#shaper = ports.speech(format, mode === "unary", deadline.signal);
  }

  async next(): Promise<Result> {
    if (this.#isOver) return DONE;
    try {
      const batch = await (this.#upstream?.next() ?? this.#begin());
      if (batch === undefined) {
        this.#end("OK");
        return DONE;
      }
      if (this.#upstream?.spent) addSpent(batch, this.#upstream.spent);
      for (const event of batch.events) this.#recorder.add(event);
      const shaped = this.#shaper.shape(batch);
      return { done: false, value: shaped instanceof Promise ? await shaped : shaped };
    } catch (error) {
      await this.#cancel(Failure.from(error).reason);
      throw error;
    }
  }

  async return(): Promise<Result> {
    await this.#cancel("CANCELLED");
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #begin(): Promise<StreamChatResponse> {
    const { meter, deadline } = this.#call;
    const { plan, upstream, first } = await begin(this.#call, this.#planned);
    this.#upstream = upstream;
    meter.model = plan.profile.id;
    for (const { code } of plan.warnings) meter.warnings.push(code);
    const started = first.events[0]?.event;
    if (started?.case === "started") started.value.warnings.push(...plan.warnings);
    deadline.signal.addEventListener("abort", this.#leave, { once: true });
    return first;
  }

  /** A transport may never resume an answer whose caller has left. */
  readonly #leave = (): void => this.#upstream?.finish(Failure.from(this.#call.deadline.signal.reason).reason);

  #end(outcome: "OK" | FailureReason): void {
    this.#isOver = true;
    this.#call.deadline.signal.removeEventListener("abort", this.#leave);
    this.#upstream?.finish(outcome);
    this.#shaper.close();
  }

  async #cancel(reason: FailureReason): Promise<void> {
    if (this.#isOver) return;
    this.#end(reason);
    await this.#upstream?.close();
  }
}

/** Attempts until there is something to tell; what the upstream refuses of a plan is corrected as far as it can be. */
async function begin(
  call: Call,
  planned: Plan,
): Promise<{ plan: Plan; upstream: AnswerCalls; first: StreamChatResponse }> {
  const { ports, context, deadline } = call;
  const retries = { retries: 0 };
  let plan = planned;
  for (let made: Correction = {}; ;) {
    try {
      const { upstream, first } = await beginCalls(call, plan, retries);
      return { plan, upstream, first };
    } catch (error) {
      const correction = correctionOf(error, made, plan.profile.id, ports.aliases);
      if (correction === undefined) throw error;
      made = correction;
      plan = await planCall(ports, plan.request, context, deadline.signal, made, plan);
    }
  }
}
