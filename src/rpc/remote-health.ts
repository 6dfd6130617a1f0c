// The health of a remote ChatService, asked in the background, so that our own readiness can answer at once.
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../gen/grpc/health/v1/health_pb.ts";

/** From one answer to the next question, in milliseconds: a service that drains accepts for some seconds more, and we must know by then. */
const CHECK_INTERVAL_MS = 1_000;
const CHECK_TIMEOUT_MS = 2_000;

export interface RemoteHealth extends Disposable {
  /** Undefined: serving. */
  obstacle(): string | undefined;
  /** Resolves when the first answer, or none, has come. */
  readonly first: Promise<void>;
}

/** `onCheck` hears of each check: of the error when nobody answered, and of none when somebody did. */
export function watchRemoteHealth(transport: Transport, onCheck: (error?: unknown) => void): RemoteHealth {
  const health = createClient(Health, transport);
  const stop = new AbortController();
  let serving = false;
  let timer: NodeJS.Timeout | undefined;
  const check = async (): Promise<void> => {
    try {
      const { status } = await health.check({ service: "" }, { timeoutMs: CHECK_TIMEOUT_MS, signal: stop.signal });
      serving = status === Status.SERVING;
      onCheck();
    } catch (error) {
      // Where health is switched off, whoever says so is there; all else is not serving.
      serving = ConnectError.from(error).code === Code.Unimplemented;
      if (!stop.signal.aborted) onCheck(serving ? undefined : error);
    }
    if (!stop.signal.aborted) timer = setTimeout(() => void check(), CHECK_INTERVAL_MS).unref();
  };
  return {
    obstacle: () => (serving ? undefined : "the chat service is not serving"),
    first: check(),
    [Symbol.dispose]() {
      stop.abort();
      clearTimeout(timer);
    },
  };
}
