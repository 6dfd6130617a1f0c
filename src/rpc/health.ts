// grpc.health.v1 for load balancers and meshes: the whole server ("") and each service are serving, or draining.
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { ChatService } from "../gen/gemini/chat/v1/chat_pb.ts";
import { ModelService } from "../gen/gemini/chat/v1/models_pb.ts";
import { HealthCheckResponse_ServingStatus as Status, type Health } from "../gen/grpc/health/v1/health_pb.ts";

const SERVICES: readonly string[] = ["", ChatService.typeName, ModelService.typeName];

/** What health is asked of: whether we serve now, and when that changes. */
export interface Readiness {
  isReady(): boolean;
  /** Calls back on every change; returns how to stop that. */
  onChange(listener: () => void): () => void;
}

export function implementHealth(readiness: Readiness): ServiceImpl<typeof Health> {
  const statusOf = (): Status => (readiness.isReady() ? Status.SERVING : Status.NOT_SERVING);
  return {
    check({ service }) {
      if (!SERVICES.includes(service)) throw new ConnectError(`unknown service ${service}`, Code.NotFound);
      return { status: statusOf() };
    },
    list() {
      return { statuses: Object.fromEntries(SERVICES.map((service) => [service, { status: statusOf() }])) };
    },
    async *watch({ service }, { signal }) {
      if (!SERVICES.includes(service)) {
        yield { status: Status.SERVICE_UNKNOWN };
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        signal.throwIfAborted();
      }
      for (let told: Status | undefined; ;) {
        const status = statusOf();
        if (status === told) {
          await nextChange(readiness, signal);
          signal.throwIfAborted();
        } else {
          told = status;
          yield { status };
        }
      }
    },
  };
}

function nextChange(readiness: Readiness, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stop();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const stop = readiness.onChange(done);
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });
}
