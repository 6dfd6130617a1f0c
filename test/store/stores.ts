// Stores for tests: a SQLite file always, and a PostgreSQL server of our own where its programs are installed.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, globSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";

const run = promisify(execFile);

/** Makes empty stores of one kind. */
export interface StoreKind {
  readonly name: string;
  /** Address of a new, empty store. */
  fresh(): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** SQLite files in a directory of their own. */
export async function sqliteStores(): Promise<StoreKind> {
  const directory = await mkdtemp(join(tmpdir(), "gateway-sqlite-"));
  let count = 0;
  return {
    name: "SQLite",
    fresh: async () => `sqlite:${join(directory, `store-${count++}`, "gateway.sqlite")}`,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

/** A PostgreSQL server on a free port of 127.0.0.1, each store a database in it. */
export interface PostgresServer extends StoreKind {
  /** Stops or continues the server with all its processes. */
  signal(name: "SIGSTOP" | "SIGCONT"): void;
}

/** Where PostgreSQL's programs are; undefined when it is not installed. */
export const postgresPrograms = globSync("/usr/lib/postgresql/*/bin/initdb")
  .toSorted()
  .at(-1)
  ?.replace(/\/initdb$/, "");

/** Why tests with PostgreSQL are skipped; false when they run, and with REQUIRE_ALL=1 they always do. */
export const skipPostgres =
  postgresPrograms === undefined && process.env["REQUIRE_ALL"] !== "1" ? "PostgreSQL is not installed" : false;

/** Starts a server; it refuses to run as root, so root starts it as the user its package made. */
export async function startPostgres(): Promise<PostgresServer> {
  if (postgresPrograms === undefined) throw new Error("PostgreSQL is not installed and REQUIRE_ALL=1 wants it");
  const directory = await mkdtemp(join(tmpdir(), "gateway-postgres-"));
  const owner = await findOwner(directory);
  const data = join(directory, "data");
  await run(
    join(postgresPrograms, "initdb"),
    ["-D", data, "-U", "gateway", "-A", "trust", "-E", "UTF8", "--no-sync"],
    owner,
  );
  const port = await findFreePort();
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", `unix_socket_directories=${directory}`, "fsync=off"];
  const server = spawn(
    join(postgresPrograms, "postgres"),
    ["-D", data, ...settings.flatMap((setting) => ["-c", setting])],
    {
      ...owner,
      stdio: "ignore",
    },
  );
  const urlOf = (database: string) => `postgres://gateway@127.0.0.1:${port}/${database}`;
  await waitUntilReady(urlOf("postgres"), server);
  let count = 0;
  return {
    name: "PostgreSQL",
    signal: (name) => processesOf(server).forEach((pid) => process.kill(pid, name)),
    async fresh() {
      const database = `store_${count++}`;
      await query(urlOf("postgres"), `create database ${database}`);
      return urlOf(database);
    },
    async [Symbol.asyncDispose]() {
      server.kill("SIGQUIT");
      if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
      await rm(directory, { recursive: true });
    },
  };
}

/** One statement on a connection of its own. */
export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

async function findOwner(directory: string): Promise<{ uid?: number; gid?: number; cwd: string }> {
  if (process.getuid?.() !== 0) return { cwd: directory };
  const [uid, gid] = await Promise.all(
    ["-u", "-g"].map(async (flag) => Number((await run("id", [flag, "postgres"])).stdout)),
  );
  if (uid === undefined || gid === undefined) throw new Error("no user postgres");
  chownSync(directory, uid, gid);
  return { uid, gid, cwd: directory };
}

/** The server and its children, each of which is a session of its own. */
function processesOf({ pid }: ChildProcess): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return [pid ?? 0, ...children.map(Number)];
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function waitUntilReady(url: string, server: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}`);
    try {
      await query(url, "select 1");
      return;
    } catch {
      await sleep(50);
    }
  }
  throw new Error("PostgreSQL did not start within 15 s");
}
