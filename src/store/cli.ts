// `npm run licence`: creates, lists and revokes licences in the store, also while the gateway runs.
import { parseArgs } from "node:util";
import { ConfigError, EXIT_BAD_CONFIG, loadDatabaseUrl } from "../config.ts";
import { type Database, openDatabase } from "./database.ts";
import { forgetLicence } from "./memory-table.ts";
import { createLicence, listLicences, revokeLicence, type LicenceRecord } from "./licences.ts";

/** Where the command reads and writes; the process's own in production. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  /** One line of the answer. */
  out(line: string): void;
  /** One line for the operator that is no part of the answer. */
  err(line: string): void;
}

const USAGE = `usage: npm run licence -- create [--name <name>]   make a licence; it is shown once
       npm run licence -- list                     all licences, without their secrets
       npm run licence -- revoke <id>              refuse a licence from now on; the beginning of the id is enough

The store is found as the gateway finds it: DATABASE_URL, or gateway.yaml in this directory.`;

const EXIT_OK = 0;
const EXIT_FAILED = 1;
/** The command line is wrong (sysexits' EX_USAGE). */
const EXIT_USAGE = 64;

type Command = (db: Database, terminal: Terminal) => Promise<void>;

/** Runs one command line and gives the exit code of the process. */
export async function runLicenceCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const command = parseCommand(args);
  if (command === "help") {
    terminal.out(USAGE);
    return EXIT_OK;
  }
  if (command === undefined) {
    terminal.err(USAGE);
    return EXIT_USAGE;
  }
  try {
    await using db = await openDatabase(await loadDatabaseUrl(terminal.environment, terminal.directory));
    await command(db, terminal);
    return EXIT_OK;
  } catch (error) {
    if (error instanceof ConfigError) {
      error.problems.forEach((problem) => terminal.err(problem));
      return EXIT_BAD_CONFIG;
    }
    terminal.err(error instanceof Error ? error.message : String(error));
    return EXIT_FAILED;
  }
}

/** Undefined for a command line that means nothing. */
function parseCommand(args: readonly string[]): Command | "help" | undefined {
  const options = { name: { type: "string" }, help: { type: "boolean", short: "h" } } as const;
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch {
    // parseArgs quotes the argument it does not know, which may be a licence; the usage says enough.
    return undefined;
  }
  const { values, positionals } = parsed;
  if (values.help) return "help";
  const [verb, ...rest] = positionals;
  if (verb === "create" && rest.length === 0) return create(values.name ?? "unnamed");
  if (values.name !== undefined) return undefined;
  if (verb === "list" && rest.length === 0) return list;
  const [id, ...others] = rest;
  return verb === "revoke" && id !== undefined && others.length === 0 ? revoke(id) : undefined;
}

function create(name: string): Command {
  return async (db, terminal) => {
    const { licence, id } = await createLicence(db, name);
    terminal.err(`created ${id} (${name}); this is the only time the licence is shown:`);
    // Alone on standard output, so that a script can take it.
    terminal.out(licence);
  };
}

async function list(db: Database, terminal: Terminal): Promise<void> {
  const licences = await listLicences(db);
  if (licences.length === 0) terminal.err("no licences yet");
  else toTable(licences).forEach((line) => terminal.out(line));
}

function revoke(idOrPrefix: string): Command {
  return async (db, terminal) => {
    const { id, name } = await revokeLicence(db, idOrPrefix);
    terminal.out(`revoked ${id} (${name}); running gateways refuse it within seconds`);
    await forgetLicence(db, id);
  };
}

/** Columns as wide as their widest cell. */
function toTable(licences: readonly LicenceRecord[]): string[] {
  const toTime = (date: Date | undefined) => date?.toISOString().replace(/\.\d+Z$/, "Z") ?? "";
  const rows = [
    ["id", "created", "revoked", "name"],
    ...licences.map(({ id, name, createdAt, revokedAt }) => [id, toTime(createdAt), toTime(revokedAt), name]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
