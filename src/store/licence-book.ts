// Answers whose a licence is, from memory: a background check keeps the memory equal to the store, so that no request
// waits for the store, no flood of wrong licences reaches it, and a store that is away for a minute harms nobody.
import { Failure } from "../chat/failures.ts";
import type { Caller, Licences } from "../chat/ports.ts";
import type { Database } from "./database.ts";
import { digestLicence } from "./licence-secret.ts";
import { readLicencePepper, readLicenceRevision, readValidLicences } from "./licences.ts";
import { repeat } from "./repeat.ts";

/** How the book is kept. */
export interface LicenceBookOptions {
  /** Licences of the configuration; they are valid whatever the store does. */
  readonly configured: readonly string[];
  /** Time between two checks: how soon a new licence is known and a revoked one refused. */
  readonly checkIntervalMs?: number;
  /** How old an answer from memory may be. */
  readonly maxAgeMs?: number;
  /** Told of every check of the background: without an error it went well. */
  readonly onCheck?: (error?: unknown) => void;
}

/** The licences of store and configuration. */
export interface LicenceBook extends Licences {
  /** How many licences are valid, those of the configuration included. */
  size(): number;
  /** When a check of the store last succeeded, in milliseconds of the monotonic clock (`performance.now()`). */
  lastCheckOk(): number;
  /** Looks at the store now; rejects when it does not answer. For a change of our own that must count at once. */
  refresh(): Promise<void>;
  /** Ends the background check; the database stays open. */
  [Symbol.asyncDispose](): Promise<void>;
}

const CHECK_INTERVAL_MS = 1_000;
/** Revoked licences must be refused within 60 s, even when the store cannot be asked. */
const MAX_AGE_MS = 60_000;
/** All licences are read anew at least so often, for whoever edits the tables by hand. */
const FULL_READ_INTERVAL_MS = 30_000;
const RETRY_AFTER_MS = 5_000;

/** Ids of configured licences are digests: equal on every replica of a store and after every start, and no secret. */
const CONFIGURED_ID_PREFIX = "cfg_";

/** Reads the store once and starts the background check. Rejects when the store cannot be read. */
export async function openLicenceBook(db: Database, options: LicenceBookOptions): Promise<LicenceBook> {
  const pepper = await readLicencePepper(db);
  const configured = toConfiguredCallers(pepper, options.configured);
  const maxAgeMs = options.maxAgeMs ?? MAX_AGE_MS;
  let stored: ReadonlyMap<string, Caller> = new Map();
  // Of accepted licences only, so that no flood grows it. The HMAC would be a tenth of all the CPU of a short request (measured).
  const digests = new Map<string, string>();
  let revision: string | undefined;
  let fullReadAt = Number.NEGATIVE_INFINITY;
  let checkedAt = Number.NEGATIVE_INFINITY;

  async function refresh(): Promise<void> {
    const startedAt = performance.now();
    // Read before the rows: a change in between shows in the next check.
    const current = await readLicenceRevision(db);
    if (current !== revision || startedAt - fullReadAt >= FULL_READ_INTERVAL_MS) {
      const rows = await readValidLicences(db);
      stored = new Map(rows.map(({ id, name, digest }) => [digest, { licenceId: id, name }]));
      digests.clear();
      revision = current;
      fullReadAt = startedAt;
    }
    checkedAt = startedAt;
  }

  await refresh();
  const stop = repeat(refresh, options.checkIntervalMs ?? CHECK_INTERVAL_MS, options.onCheck);
  return {
    resolve(licence) {
      const digest = digests.get(licence) ?? digestLicence(pepper, licence);
      const caller = configured.get(digest) ?? stored.get(digest);
      if (caller !== undefined) digests.set(licence, digest);
      if (configured.has(digest) || performance.now() - checkedAt <= maxAgeMs) return caller;
      throw new Failure("SERVER_BUSY", "The licence cannot be checked at the moment.", {
        retryAfterMs: RETRY_AFTER_MS,
      });
    },
    size: () => configured.size + stored.size,
    lastCheckOk: () => checkedAt,
    refresh,
    [Symbol.asyncDispose]: stop,
  };
}

function toConfiguredCallers(pepper: string, licences: readonly string[]): ReadonlyMap<string, Caller> {
  return new Map(
    licences.map((licence, index) => {
      const digest = digestLicence(pepper, licence);
      return [digest, { licenceId: CONFIGURED_ID_PREFIX + digest, name: `LICENCES entry ${index + 1}` }];
    }),
  );
}
