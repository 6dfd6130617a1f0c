// Child processes of the bench: pinned to a core, awaited until they listen, always ended.

import { spawn, spawnSync, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";

/** The measured process has one core for itself, mock and load client share another. */
export type Core = "target" | "load";

export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** Each `127.0.0.1:port` of the listening line, in its order. */
  readonly addresses: readonly string[];
  /** From spawning to the listening line, in milliseconds. */
  readonly startMs: number;
}

const CORES: Readonly<Record<Core, string>> = { target: "0", load: "1" };
const LISTEN_DEADLINE_MS = 20_000;
const STOP_DEADLINE_MS = 5_000;
const STDERR_KEPT_CHARACTERS = 4_000;

/** Whether processes get a core of their own. */
export const canPin: boolean = availableParallelism() >= 2 && spawnSync("taskset", ["-c", "0", "true"]).status === 0;

/** Puts this process itself on the load core: it drains the gateway's log and must not disturb the measured core. */
export function pinSelf(): void {
  if (canPin) spawnSync("taskset", ["-a", "-c", "-p", CORES.load, String(process.pid)]);
}

/** Starts a TypeScript file of ours under this Node. The environment is only what is given. */
export function spawnNode(
  file: string,
  core: Core,
  env: Record<string, string>,
  stdio: StdioOptions,
  cwd?: string,
): ChildProcess {
  const command = [process.execPath, file];
  if (canPin) command.unshift("taskset", "-c", CORES[core]);
  const [program = "", ...args] = command;
  return spawn(program, args, { env: { PATH: process.env["PATH"] ?? "", ...env }, stdio, cwd });
}

/** Starts a server and waits for the stdout line that says `listening`; its later output is discarded. */
export async function startServer(
  file: string,
  core: Core,
  env: Record<string, string>,
  cwd?: string,
): Promise<ServerProcess> {
  const startedAt = performance.now();
  const child = spawnNode(file, core, env, ["ignore", "pipe", "pipe"], cwd);
  try {
    const line = await listeningLine(child, file);
    const startMs = performance.now() - startedAt;
    child.stdout?.resume();
    const addresses = [...line.matchAll(/127\.0\.0\.1:\d+/g)].map(([address]) => address);
    return { pid: child.pid ?? 0, addresses, startMs, [Symbol.asyncDispose]: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

/** Ends a child: politely, then by force. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
  await exited;
  clearTimeout(timer);
}

/** The first whole stdout line that says `listening`. */
async function listeningLine(child: ChildProcess, file: string): Promise<string> {
  const found = Promise.withResolvers<string>();
  let output = "";
  let complaint = "";
  const readOutput = (text: Buffer): void => {
    output += text.toString();
    const line = /^.*listening.*(?=\n)/m.exec(output);
    if (line !== null) found.resolve(line[0]);
  };
  child.stdout?.on("data", readOutput);
  child.stderr?.on("data", (text) => (complaint = `${complaint}${text}`.slice(-STDERR_KEPT_CHARACTERS)));
  child.once("exit", (code) => found.reject(new Error(`${file} ended (${code}) before it listened: ${complaint}`)));
  const onTimeout = (): void => found.reject(new Error(`${file} did not listen in time: ${complaint}`));
  const timer = setTimeout(onTimeout, LISTEN_DEADLINE_MS);
  try {
    return await found.promise;
  } finally {
    clearTimeout(timer);
    child.stdout?.off("data", readOutput);
  }
}
