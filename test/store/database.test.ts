// Goal: the store opens safely, once, with clear errors. Method: real files, real servers, several openers at once.
import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { openDatabase, StoreError } from "../../src/store/database.ts";
import { createLicence, listLicences, readLicencePepper } from "../../src/store/licences.ts";
import { createSqliteDialect } from "../../src/store/sqlite.ts";
import { query, skipPostgres, sqliteStores, startPostgres, type StoreKind } from "./stores.ts";

function everyStore(title: string, skip: string | false, start: () => Promise<StoreKind>): void {
  describe(`a store in ${title}`, { skip }, () => {
    let kind: StoreKind;
    before(async () => void (kind = await start()));
    after(() => kind[Symbol.asyncDispose]());

    it("keeps what it holds when opened again", async () => {
      const url = await kind.fresh();
      let pepper: string;
      {
        await using db = await openDatabase(url);
        pepper = await readLicencePepper(db);
        await createLicence(db, "first");
      }
      await using db = await openDatabase(url);
      assert.equal(await readLicencePepper(db), pepper);
      assert.match(pepper, /^[0-9a-f]{64}$/);
      assert.deepEqual(
        (await listLicences(db)).map(({ name }) => name),
        ["first"],
      );
    });

    it("gives 64-bit integers as numbers and takes back a transaction that fails", async () => {
      await using db = await openDatabase(await kind.fresh());
      const failing = db.transaction().execute(async (transaction) => {
        await transaction.insertInto("facts").values({ name: "a", value: "b" }).execute();
        throw new Error("on purpose");
      });
      await assert.rejects(failing, /on purpose/);
      assert.equal(await db.selectFrom("facts").selectAll().where("name", "=", "a").executeTakeFirst(), undefined);
      const row = { id: "x", name: "x", digest: "x", created_at: 1_800_000_000_000, revoked_at: null };
      await db.insertInto("licences").values(row).execute();
      assert.deepEqual({ ...(await db.selectFrom("licences").selectAll().executeTakeFirst()) }, row);
    });
  });
}

everyStore("SQLite", false, sqliteStores);
everyStore("PostgreSQL", skipPostgres, startPostgres);

describe("a SQLite file", () => {
  let directory: string;
  before(async () => void (directory = await mkdtemp(join(tmpdir(), "gateway-database-"))));
  after(() => rm(directory, { recursive: true }));

  it("is made with its directory, readable by its owner only, with a log beside it", async () => {
    const path = join(directory, "new/deep/gateway.sqlite");
    await using db = await openDatabase(`sqlite:${path}`);
    await createLicence(db, "first");
    for (const suffix of ["", "-wal", "-shm"]) assert.equal((await stat(path + suffix)).mode & 0o777, 0o600, suffix);
    assert.equal((await stat(dirname(path))).mode & 0o777, 0o700);
    const { rows } = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(db);
    assert.equal(rows[0]?.journal_mode, "wal");
  });

  it("that was open to others is closed to them", async () => {
    const path = join(directory, "open.sqlite");
    await writeFile(path, "", { mode: 0o644 });
    await using _db = await openDatabase(`sqlite:${path}`);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it("may be no file at all", async () => {
    await using db = await openDatabase("sqlite::memory:");
    assert.deepEqual(await listLicences(db), []);
  });

  it("takes back a migration that fails half-way", async () => {
    await using db = new Kysely<Record<string, never>>({
      dialect: createSqliteDialect(join(directory, "half.sqlite")),
    });
    const half: Migration = {
      async up(transaction) {
        await transaction.schema.createTable("half").addColumn("id", "text").execute();
        throw new Error("on purpose");
      },
    };
    const { error } = await new Migrator({ db, provider: { getMigrations: async () => ({ half }) } }).migrateToLatest();
    assert.match(String(error), /on purpose/);
    assert.ok(!(await db.introspection.getTables()).some(({ name }) => name === "half"));
  });

  it("that is none is told clearly", async () => {
    const path = join(directory, "letter.txt");
    await writeFile(path, "Dear reader, ".repeat(100));
    await assert.rejects(openDatabase(`sqlite:${path}`), StoreError);
    await assert.rejects(openDatabase(`sqlite:${directory}`), /the store cannot be opened: EISDIR/);
    await assert.rejects(openDatabase(`sqlite:${path}/below`), /the store cannot be opened: E/);
  });
});

describe("a PostgreSQL server", () => {
  it("that is not there is told clearly, without the password", async () => {
    await assert.rejects(openDatabase("postgres://gateway:canary@127.0.0.1:1/gateway"), (error: Error) => {
      assert.ok(error instanceof StoreError);
      assert.match(error.message, /ECONNREFUSED 127\.0\.0\.1:1/);
      assert.doesNotMatch(error.message, /canary/);
      return true;
    });
  });

  it("with a new database lets many open it at the same time", { skip: skipPostgres }, async () => {
    await using server = await startPostgres();
    const url = await server.fresh();
    const databases = await Promise.all(Array.from({ length: 6 }, () => openDatabase(url)));
    const peppers = await Promise.all(databases.map((db) => readLicencePepper(db)));
    await Promise.all(databases.map((db, index) => createLicence(db, `from ${index}`)));
    const lists = await Promise.all(databases.map((db) => listLicences(db)));
    await Promise.all(databases.map((db) => db.destroy()));
    assert.equal(new Set(peppers).size, 1);
    assert.deepEqual(
      lists.map((list) => list.length),
      [6, 6, 6, 6, 6, 6],
    );
  });

  it("that ends our connections is used again afterwards", { skip: skipPostgres }, async () => {
    await using server = await startPostgres();
    const url = await server.fresh();
    await using db = await openDatabase(url);
    await query(
      url,
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gemini-gateway'",
    );
    const readable = async () => {
      for (let tries = 0; tries < 5; tries++) {
        try {
          return await listLicences(db);
        } catch (error) {
          assert.match(String(error), /terminat|reset|ended/i);
        }
      }
      return undefined;
    };
    assert.deepEqual(await readable(), []);
  });
});
