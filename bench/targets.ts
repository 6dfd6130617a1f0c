// The servers of a run: the references and the gateway, each a process of its own.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { startServer, type ServerProcess } from "./processes.ts";
import type { Dialect, TargetName } from "./scenarios.ts";

/** Something the load client can be sent to. */
export interface Target {
  readonly name: TargetName;
  readonly dialect: Dialect;
  /** `127.0.0.1:port` for HTTP/1.1; empty where there is none. */
  readonly address: string;
  /** `127.0.0.1:port` for gRPC; empty where there is none. */
  readonly grpcAddress: string;
  readonly licence: string;
  /** Whose CPU time counts; undefined for the mock itself. */
  readonly pid: number | undefined;
}

export interface TargetSetting {
  readonly mockOrigin: string;
  /** Certificate of a mock over TLS, to be trusted. */
  readonly certificateFile?: string | undefined;
  /** Working directory and database of the gateway. */
  readonly directory: string;
  readonly logLevel: string;
  /** Flags for the target's Node. */
  readonly nodeOptions?: string;
}

export type StartedName = Exclude<TargetName, "direct">;

const LICENCE_BYTES = 18;
const DIALECTS: Readonly<Record<TargetName, Dialect>> = {
  direct: "gemini",
  "pass-through": "mapped",
  floor: "openai",
  "connect-bare": "grpc",
  "connect-node": "grpc",
  gateway: "openai",
};

/** 24 visible characters, new for each run. */
const licence = randomBytes(LICENCE_BYTES).toString("base64url");

/** Starts a target's process; `direct` has none of its own. */
export async function startTarget(
  name: StartedName,
  setting: TargetSetting,
): Promise<{ target: Target; process: ServerProcess }> {
  const isGateway = name === "gateway";
  const file = join(import.meta.dirname, isGateway ? "../src/start.js" : `targets/${name}.ts`);
  const env = {
    ...(isGateway ? gatewayEnvironment(setting) : referenceEnvironment(setting)),
    ...(setting.nodeOptions !== undefined && { NODE_OPTIONS: setting.nodeOptions }),
  };
  const process = await startServer(file, "target", env, setting.directory);
  // The gateway names HTTP first, then gRPC.
  const [first = "", second = ""] = process.addresses;
  const addresses =
    DIALECTS[name] === "grpc" ? { address: "", grpcAddress: first } : { address: first, grpcAddress: second };
  return { target: { name, dialect: DIALECTS[name], ...addresses, licence, pid: process.pid }, process };
}

/** The mock as a target: what the load client and the mock can do without anything between them. */
export function directTarget(mockOrigin: string): Target {
  const { host } = new URL(mockOrigin);
  return { name: "direct", dialect: DIALECTS.direct, address: host, grpcAddress: "", licence, pid: undefined };
}

function referenceEnvironment({ mockOrigin }: TargetSetting): Record<string, string> {
  return { MOCK_ORIGIN: mockOrigin, LICENCE: licence };
}

function gatewayEnvironment(setting: TargetSetting): Record<string, string> {
  const { mockOrigin, certificateFile, directory, logLevel } = setting;
  return {
    GEMINI_BASE_URL: mockOrigin,
    GEMINI_API_KEYS: "bench-key",
    LICENCES: licence,
    PORT: "0",
    GRPC_PORT: "0",
    DATABASE_URL: `sqlite:${join(directory, "gateway.sqlite")}`,
    LOG_LEVEL: logLevel,
    ...(certificateFile !== undefined && { NODE_EXTRA_CA_CERTS: certificateFile }),
  };
}
