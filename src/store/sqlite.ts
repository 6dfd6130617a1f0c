// SQLite through Node's own module: the dialect for kysely, and a file only its owner can read.
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
} from "kysely";

/** How long a write waits for another process's. Node's module is synchronous, so everything waits with it. */
const BUSY_TIMEOUT_MS = 2_000;

/** Licences are secrets' digests and names of customers. */
const OWNER_ONLY = { file: 0o600, directory: 0o700 };

/** The dialect over a file, made with its directory where missing; `:memory:` for none. Throws what the system throws. */
export function createSqliteDialect(path: string): Dialect {
  if (path !== ":memory:") {
    mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY.directory });
    closeSync(openSync(path, "a", OWNER_ONLY.file));
    chmodSync(path, OWNER_ONLY.file);
  }
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  // A log beside the file: readers never wait for a writer, nor a writer for readers.
  database.exec("pragma journal_mode = wal");
  return new NodeSqliteDialect({ database: toKyselyDatabase(database) });
}

function toKyselyDatabase(database: DatabaseSync): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare(text) {
      const statement = database.prepare(text);
      const toValues = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...toValues(parameters)),
        run: (parameters) => statement.run(...toValues(parameters)),
        iterate: (parameters) => statement.iterate(...toValues(parameters)),
      };
    },
  };
}

class NodeSqliteDialect extends SqliteDialect {
  readonly #config: { readonly database: SqliteDatabase };

  constructor(config: { readonly database: SqliteDatabase }) {
    super(config);
    this.#config = config;
  }

  override createDriver(): SqliteDriver {
    return new WriteFirstDriver(this.#config);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter();
  }
}

/** Takes the write lock at once: a transaction that reads first cannot wait for it later, SQLite fails it instead. */
class WriteFirstDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }
}

/** Lets migrations run in one transaction, so that two processes starting on a new file do not both make its tables. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}
