// The tables, as types for queries and as migrations that make them. Migrations are never changed, only added.
import { randomBytes } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** A licence as it lies at rest: never itself, only its digest. */
export interface LicenceRow {
  readonly id: string;
  readonly name: string;
  /** Hex of HMAC-SHA-256 over the licence, keyed with the store's pepper. */
  readonly digest: string;
  /** Milliseconds since 1970. */
  readonly created_at: number;
  readonly revoked_at: number | null;
}

/** Facts of the store itself, by name. */
export interface FactRow {
  readonly name: string;
  readonly value: string;
}

/** What a licence's answers left that clients may lose: signatures of thoughts, and how an answer was made up. */
export interface MemoryRow {
  readonly licence: string;
  readonly key: string;
  /** Of key and value. */
  readonly bytes: number;
  /** Milliseconds since 1970. All rows of a write have the same. */
  readonly expires_at: number;
  readonly value: string;
}

/** All tables. */
export interface Schema {
  memories: MemoryRow;
  licences: LicenceRow;
  facts: FactRow;
}

/** Names of the facts. */
export const FACTS = {
  /** Hex key of the licences' digests. */
  licencePepper: "licence_pepper",
  /** Grows with every change of licences, so that servers notice one with a single row read. */
  licenceRevision: "licence_revision",
} as const;

const PEPPER_BYTES = 32;

/** By name; they run in the order of their names, each once. */
export const migrations: Record<string, Migration> = {
  "0001_licences": {
    async up(db: Kysely<Schema>) {
      await db.schema
        .createTable("facts")
        .addColumn("name", "text", (column) => column.primaryKey())
        .addColumn("value", "text", (column) => column.notNull())
        .execute();
      await db.schema
        .createTable("licences")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("digest", "text", (column) => column.notNull().unique())
        .addColumn("created_at", "bigint", (column) => column.notNull())
        .addColumn("revoked_at", "bigint")
        .execute();
      await db
        .insertInto("facts")
        .values([
          { name: FACTS.licencePepper, value: randomBytes(PEPPER_BYTES).toString("hex") },
          { name: FACTS.licenceRevision, value: "0" },
        ])
        .execute();
    },
  },
  "0002_memories": {
    async up(db: Kysely<Schema>) {
      await db.schema
        .createTable("memories")
        .addColumn("licence", "text", (column) => column.notNull())
        .addColumn("key", "text", (column) => column.notNull())
        .addColumn("bytes", "bigint", (column) => column.notNull())
        .addColumn("expires_at", "bigint", (column) => column.notNull())
        // Last: SQLite reads the columns before it without the megabytes.
        .addColumn("value", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("memories_by_key", ["licence", "key"])
        .execute();
      // Sizes are summed and the oldest are found in the index alone.
      await db.schema.createIndex("memories_by_age").on("memories").columns(["expires_at", "bytes"]).execute();
    },
  },
};

/** Tells all servers that licences changed; part of the transaction that changes them. Its row lock puts changes in order. */
export async function bumpLicenceRevision(db: Kysely<Schema>): Promise<void> {
  await db
    .updateTable("facts")
    .set({ value: sql<string>`cast(cast(value as bigint) + 1 as text)` })
    .where("name", "=", FACTS.licenceRevision)
    .execute();
}
