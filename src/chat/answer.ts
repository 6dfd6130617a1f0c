// One answer: its plan corrected until the upstream takes it, then its batches until the end, remembered on their way.
import { AudioFormat, type StreamChatResponse } from "../gen/gemini/chat/v1/chat_pb.ts";
import { beginCalls, type AnswerCalls, type Call } from "./answer-calls.ts";
import { correctionOf, type Correction } from "./corrections.ts";
import { Failure } from "./failures.ts";
import { planCall, type Plan } from "./plan.ts";
import { AnswerRecorder } from "./remember.ts";
import { addSpent } from "./usage.ts";

/** The batches of one answer. Rejects with a Failure. */
export async function* tellAnswer(call: Call, planned: Plan): AsyncGenerator<StreamChatResponse> {
  const { ports, meter, context, deadline, mode } = call;
  const { plan, upstream, first } = await begin(call, planned);
  meter.model = plan.profile.id;
  meter.warnings.push(...plan.warnings.map(({ code }) => code));
  const started = first.events[0]?.event;
  if (started?.case === "started") started.value.warnings.push(...plan.warnings);
  const format = plan.request.speech?.format ?? AudioFormat.UNSPECIFIED;
  const shaper = ports.speech(format, mode === "unary", deadline.signal);
  const recorder = new AnswerRecorder(context.caller.licenceId, ports.memory);
  // A transport may never resume an answer whose caller has left.
  const leave = (): void => upstream.finish(Failure.from(deadline.signal.reason).reason);
  deadline.signal.addEventListener("abort", leave, { once: true });
  try {
    for (let batch: StreamChatResponse | undefined = first; batch !== undefined;) {
      if (upstream.spent) addSpent(batch, upstream.spent);
      for (const event of batch.events) recorder.add(event);
      const shaped = shaper.shape(batch);
      yield shaped instanceof Promise ? await shaped : shaped;
      const next = await upstream.iterator.next();
      batch = next.done ? await upstream.goOn() : next.value;
    }
    upstream.finish("OK");
  } catch (error) {
    upstream.finish(Failure.from(error).reason);
    throw error;
  } finally {
    deadline.signal.removeEventListener("abort", leave);
    upstream.finish("CANCELLED");
    shaper.close();
    await upstream.iterator.return?.();
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
      return { plan, ...(await beginCalls(call, plan, retries)) };
    } catch (error) {
      const correction = correctionOf(error, made, plan.profile.id, ports.aliases);
      if (correction === undefined) throw error;
      made = correction;
      plan = await planCall(ports, plan.request, context, deadline.signal, made, plan);
    }
  }
}
