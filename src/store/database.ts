// Opens the store, whichever kind it is, and brings its tables up to date.
import { type Dialect, Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import { migrations, type Schema } from "./schema.ts";

/** The open store. `await using` or `destroy()` closes it. */
export type Database = Kysely<Schema>;

/** The store cannot be opened; the message says why and holds no password. */
export class StoreError extends Error {
  override name = "StoreError";
}

/** Opens `sqlite:<file>` (or `sqlite::memory:`) or `postgres://…` and migrates it. Rejects with StoreError. */
export async function openDatabase(url: string): Promise<Database> {
  const db = new Kysely<Schema>({ dialect: await createDialect(url) });
  try {
    const provider = { getMigrations: async () => migrations };
    const { error } = await new Migrator({ db, provider }).migrateToLatest();
    if (error !== undefined) throw error;
  } catch (error) {
    await db.destroy();
    throw new StoreError(`the store cannot be opened: ${describe(error)}`, { cause: error });
  }
  return db;
}

async function createDialect(url: string): Promise<Dialect> {
  const [, path] = /^sqlite:(.+)$/i.exec(url) ?? [];
  if (path === undefined) return (await import("./postgres.ts")).createPostgresDialect(url);
  try {
    return (await import("./sqlite.ts")).createSqliteDialect(path);
  } catch (error) {
    throw new StoreError(`the store cannot be opened: ${describe(error)}`, { cause: error });
  }
}

/** An unreachable server is an AggregateError without a message: one error for each address tried. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join(", ");
  return error instanceof Error ? error.message : String(error);
}
