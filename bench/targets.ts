// The servers of a run: the mock upstream, the two references and the gateway, each a process of its own.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { startServer, type ServerProcess } from "./processes.ts";
import type { Dialect } from "./scenarios.ts";

export type TargetName = "direct" | "pass-through" | "floor" | "gateway";

export const targetNames: readonly TargetName[] = ["direct", "pass-through", "floor", "gateway"];

/** Something the load client can be sent to. */
export interface Target {
  readonly name: TargetName;
  readonly dialect: Dialect;
  /** `127.0.0.1:port`. */
  readonly address: string;
  readonly licence: string;
  /** Whose CPU time counts; undefined for the mock itself. */
  readonly pid: number | undefined;
}

export interface TargetSetting {
  /** `127.0.0.1:port` of the mock. */
  readonly mockAddress: string;
  /** Working directory and database of the gateway. */
  readonly directory: string;
  readonly logLevel: string;
}

const HEALTH_DEADLINE_MS = 5_000;
const LICENCE_BYTES = 18;

/** 24 visible characters, new for each run. */
const licence = randomBytes(LICENCE_BYTES).toString("base64url");

/** Starts a target's process; `direct` has none of its own. */
export async function startTarget(
  name: Exclude<TargetName, "direct">,
  setting: TargetSetting,
): Promise<{ target: Target; process: ServerProcess }> {
  const isGateway = name === "gateway";
  const file = join(import.meta.dirname, isGateway ? "../src/main.ts" : `targets/${name}.ts`);
  const env = isGateway ? gatewayEnvironment(setting) : referenceEnvironment(setting);
  const process = await startServer(file, "target", env, setting.directory);
  const address = isGateway ? await httpAddressOf(process) : (process.addresses[0] ?? "");
  const dialect = name === "pass-through" ? "mapped" : "openai";
  return { target: { name, dialect, address, licence, pid: process.pid }, process };
}

/** The mock as a target: what the load client and the mock can do without anything between them. */
export function directTarget(mockAddress: string): Target {
  return { name: "direct", dialect: "gemini", address: mockAddress, licence, pid: undefined };
}

function referenceEnvironment({ mockAddress }: TargetSetting): Record<string, string> {
  return { MOCK_ORIGIN: `http://${mockAddress}`, LICENCE: licence };
}

function gatewayEnvironment({ mockAddress, directory, logLevel }: TargetSetting): Record<string, string> {
  return {
    GEMINI_BASE_URL: `http://${mockAddress}`,
    GEMINI_API_KEYS: "bench-key",
    LICENCES: licence,
    PORT: "0",
    GRPC_PORT: "0",
    DATABASE_URL: `sqlite:${join(directory, "gateway.sqlite")}`,
    LOG_LEVEL: logLevel,
  };
}

/** The listening line names the HTTP and the gRPC address; only one of them answers HTTP/1.1. */
async function httpAddressOf({ addresses }: ServerProcess): Promise<string> {
  for (const address of addresses) {
    const signal = AbortSignal.timeout(HEALTH_DEADLINE_MS);
    const isHealthy = await fetch(`http://${address}/healthz`, { signal }).then(
      (response) => response.ok,
      () => false,
    );
    if (isHealthy) return address;
  }
  throw new Error(`no address of the gateway's listening line answers /healthz: ${addresses.join(", ")}`);
}
