// PostgreSQL through pg: a small pool in which nothing waits for ever and no broken connection is used again.
import { type Dialect, PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import pg from "pg";

/** The background asks, operators do, and a request only for what this process does not remember, with a short patience. */
const MAX_CONNECTIONS = 8;
const CONNECT_TIMEOUT_MS = 2_000;
/** Also how long closing the store can take while the server hangs. */
const QUERY_TIMEOUT_MS = 2_000;

/** Creates the dialect; connections are made when they are needed. */
export function createPostgresDialect(url: string): Dialect {
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    statement_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    application_name: "gemini-gateway",
    types: { getTypeParser: typeParserOf },
  });
  // An idle connection that breaks is replaced when one is needed; without a listener it would end the process.
  pool.on("error", () => undefined);
  return new PostgresDialect({ pool: discardBroken(pool) });
}

/** 64-bit integers arrive as text by default. Ours are milliseconds and counts, exact as numbers. */
function typeParserOf(oid: number, format?: "text" | "binary") {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as "text");
}

/** A connection whose query failed may still wait for its answer, so it is closed instead of given to the next. */
function discardBroken(pool: pg.Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      let broken = false;
      const wrapped: Pick<PostgresPoolClient, "release"> & { query: unknown } = {
        async query(...parameters: [text: string, values: readonly unknown[]]) {
          try {
            return await client.query(...(parameters as [string, unknown[]]));
          } catch (error) {
            broken = true;
            throw error;
          }
        },
        release: () => client.release(broken),
      };
      return wrapped as PostgresPoolClient;
    },
  };
}
