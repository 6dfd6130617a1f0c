// The gateway as its users start it: a process of its own in a scratch directory, with nothing of our environment.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { within } from "../support/faulty-gemini/deadline.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BIN = join(ROOT, "node_modules/.bin");
/** A cold start on a busy machine. */
const START_MS = 30_000;

export interface Ready {
  readonly http: string;
  readonly grpc?: string;
  readonly metrics?: string;
  readonly upstream: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A directory of an earlier program, to start again on its data. */
  readonly directory?: string;
  /** `npm start` instead of `node src/start.js`. */
  readonly npm?: boolean;
  /** Most files and sockets it may have open. */
  readonly openFiles?: number;
}

export class Program implements AsyncDisposable {
  readonly directory: string;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #ownsDirectory: boolean;
  #stdout = "";
  #stderr = "";
  #onOutput: () => void = () => undefined;

  constructor({ env = {}, directory, npm = false, openFiles }: ProgramOptions = {}) {
    this.directory = directory ?? scratch();
    this.#ownsDirectory = directory === undefined;
    const command = npm ? ["npm", "start", "--silent"] : [join(BIN, "node"), "src/start.js"];
    const limit = openFiles === undefined ? "" : `ulimit -n ${openFiles}; `;
    this.#child = spawn("/bin/sh", ["-c", `${limit}exec "$@"`, "sh", ...command], {
      cwd: this.directory,
      env: { PATH: `${BIN}:${process.env["PATH"] ?? ""}`, HOME: this.directory, PORT: "0", GRPC_PORT: "0", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that nothing of it can outlive the test.
      detached: true,
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#onOutput();
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    this.exited = new Promise((done) => this.#child.once("close", (code, signal) => done({ code, signal })));
  }

  get pid(): number {
    assert.ok(this.#child.pid);
    return this.#child.pid;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The ready line; fails with all output when the program ends before it. */
  async ready(): Promise<Ready> {
    const line = await within(
      Promise.race([this.#line(/"msg":"listening"/), this.exited.then(() => undefined)]),
      START_MS,
      "the ready line",
    );
    assert.ok(line, `the program ended: ${this.#stdout}${this.#stderr}`);
    return JSON.parse(line) as Ready;
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** How and after how many milliseconds the program ends. */
  async end(limitMs = START_MS): Promise<Exit & { readonly ms: number }> {
    const startedMs = performance.now();
    const exit = await within(this.exited, limitMs, "the end of the program");
    return { ...exit, ms: performance.now() - startedMs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      process.kill(-this.pid, "SIGKILL");
    } catch (error) {
      // ESRCH: nothing of the group is left.
      assert.equal((error as NodeJS.ErrnoException).code, "ESRCH");
    }
    await this.exited;
    if (this.#ownsDirectory) rmSync(this.directory, { recursive: true });
  }

  async #line(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.#stdout
        .split("\n")
        .slice(0, -1)
        .find((line) => pattern.test(line));
      if (found !== undefined) return found;
      await new Promise<void>((wake) => (this.#onOutput = wake));
    }
  }
}

/** A directory that looks like a fresh clone; data is made in it. */
function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "gateway-process-"));
  for (const name of ["package.json", "src", "node_modules"]) symlinkSync(join(ROOT, name), join(directory, name));
  return directory;
}
