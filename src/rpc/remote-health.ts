// The health of a remote ChatService, asked in the background, so that our own readiness can answer at once.
import { createClient, type Transport } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../gen/grpc/health/v1/health_pb.ts";

const CHECK_INTERVAL_MS = 5_000;
const CHECK_TIMEOUT_MS = 2_000;

export interface RemoteHealth extends Disposable {
  /** Undefined: serving. */
  obstacle(): string | undefined;
  /** Resolves when the first answer, or none, has come. */
  readonly first: Promise<void>;
}

export function watchRemoteHealth(transport: Transport): RemoteHealth {
  const health = createClient(Health, transport);
  let serving = false;
  const check = async (): Promise<void> => {
    try {
      const { status } = await health.check({ service: "" }, { timeoutMs: CHECK_TIMEOUT_MS });
      serving = status === Status.SERVING;
    } catch {
      // Not reachable is an answer too: not serving.
      serving = false;
    }
  };
  const first = check();
  const timer = setInterval(() => void check(), CHECK_INTERVAL_MS);
  timer.unref();
  return {
    obstacle: () => (serving ? undefined : "the chat service is not serving"),
    first,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
