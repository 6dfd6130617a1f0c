// Goal: what is remembered outlives the process, is bounded, expires, is its licence's alone, and never costs a request more than a moment.
// Method: the same tests over each kind of store; stores that are gone or stand still.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { type KeptMemory, type KeptMemoryOptions, openKeptMemory } from "../../src/store/kept-memory.ts";
import { forgetLicence, measureMemories } from "../../src/store/memory-table.ts";
import { sweepMemories } from "../../src/store/memory-sweep.ts";
import { skipPostgres, sqliteStores, startPostgres, type StoreKind } from "./stores.ts";

const HOUR_MS = 3_600_000;

interface Scene {
  readonly memory: KeptMemory;
  /** What was told, `read` or `write failed` and the like. */
  readonly told: string[];
}

function open(db: Database, options: Partial<KeptMemoryOptions> = {}): Scene {
  const told: string[] = [];
  const memory = openKeptMemory(db, {
    clock: { now: () => performance.now(), wall: () => Date.now() },
    ttlMs: 48 * HOUR_MS,
    onOperation: (operation, error) => told.push(error === undefined ? operation : `${operation} failed`),
    onDrop: (count) => told.push(`dropped ${count}`),
    ...options,
  });
  return { memory, told };
}

/** Writes and waits until it is written. */
async function keep(db: Database, entries: readonly (readonly [string, string, string])[], wall = Date.now()) {
  await using memory = open(db, { clock: { now: () => performance.now(), wall: () => wall } }).memory;
  for (const entry of entries) memory.write(...entry);
}

const entriesOf = async (memory: KeptMemory, licence: string, keys: string[]): Promise<[string, string][]> =>
  [...(await memory.read(licence, keys)).values].toSorted(([a], [b]) => (a < b ? -1 : 1));

function everyStore(title: string, skip: string | false, start: () => Promise<StoreKind>): void {
  describe(`what is kept in ${title}`, { skip }, () => {
    let kind: StoreKind;
    before(async () => void (kind = await start()));
    after(() => kind[Symbol.asyncDispose]());

    it("is there after a restart, the newest value of each key", async () => {
      const url = await kind.fresh();
      {
        await using db = await openDatabase(url);
        await keep(db, [
          ["l1", "call:a", "1"],
          ["l1", "call:b", "2"],
        ]);
        await keep(db, [["l1", "call:b", "3"]]);
      }
      await using db = await openDatabase(url);
      await using memory = open(db).memory;
      assert.deepEqual(await entriesOf(memory, "l1", ["call:a", "call:b", "call:c"]), [
        ["call:a", "1"],
        ["call:b", "3"],
      ]);
    });

    it("is no value that would push everything else out", async () => {
      await using db = await openDatabase(await kind.fresh());
      const { memory, told } = open(db);
      await using _ = memory;
      memory.write("l1", "call:small", "1");
      memory.write("l1", "image:large", "x".repeat(17 * 1024 * 1024));
      assert.deepEqual(told, ["dropped 1"]);
      assert.deepEqual(await entriesOf(memory, "l1", ["call:small", "image:large"]), [["call:small", "1"]]);
    });

    it("is another licence's never", async () => {
      await using db = await openDatabase(await kind.fresh());
      await keep(db, [
        ["l1", "call:a", "secret of 1"],
        ["l2", "call:b", "secret of 2"],
      ]);
      await using memory = open(db).memory;
      for (const licence of ["l2", "l", "l1:call", "", "l1%", "L1"]) {
        assert.equal((await memory.read(licence, ["call:a", "a", ":a", "l1:call:a"])).values.size, 0, licence);
      }
      assert.deepEqual(await entriesOf(memory, "l1", ["call:a", "call:b"]), [["call:a", "secret of 1"]]);
    });

    it("may be signatures of many megabytes beside small ones", async () => {
      await using db = await openDatabase(await kind.fresh());
      const images = Array.from({ length: 3 }, () => randomBytes(4 * 1024 * 1024).toString("base64"));
      await keep(db, [
        ...images.map((value, index) => ["l1", `image:${index}`, value] as const),
        ["l1", "call:a", "small"],
        ["l1", "text:umlauts", JSON.stringify({ text: "Grüße\u0000\ud83d\ude00" })],
      ]);
      await using memory = open(db, { readTimeoutMs: 10_000 }).memory;
      const { values: known } = await memory.read("l1", ["image:2", "call:a", "image:0", "image:1", "text:umlauts"]);
      assert.deepEqual(
        images.map((value, index) => known.get(`image:${index}`) === value),
        [true, true, true],
      );
      assert.equal(known.get("call:a"), "small");
      assert.deepEqual(JSON.parse(known.get("text:umlauts") ?? ""), { text: "Grüße\u0000\ud83d\ude00" });
    });

    it("is read before it is written, too", async () => {
      await using db = await openDatabase(await kind.fresh());
      await using memory = open(db).memory;
      memory.write("l1", "call:a", "1");
      assert.deepEqual(await entriesOf(memory, "l1", ["call:a"]), [["call:a", "1"]]);
      assert.equal((await memory.read("l2", ["call:a"])).values.size, 0);
    });

    it("is found whatever strange ids stand beside it", async () => {
      await using db = await openDatabase(await kind.fresh());
      await keep(db, [["l1", "call:a", "1"]]);
      const { memory, told } = open(db);
      await using _memory = memory;
      const strange = ["call:\u0000", "call:\ud800", `call:${"x".repeat(16_384)}`, "call:'; drop table memories; --"];
      assert.deepEqual(await entriesOf(memory, "l1", [...strange, "call:a"]), [["call:a", "1"]]);
      assert.deepEqual(told, ["read"]);
      assert.equal((await memory.read("l1", [...strange, "call:a"])).complete, true);
      const many = Array.from({ length: 20_000 }, (_, index) => `call:${index}`);
      assert.deepEqual(await entriesOf(memory, "l1", ["call:a", ...many]), [["call:a", "1"]]);
      assert.equal((await memory.read("l1", ["call:a", ...many])).complete, false);
    });

    it("expires, for readers at once and in the table with the next sweep", async () => {
      await using db = await openDatabase(await kind.fresh());
      await keep(db, [["l1", "call:old", "1"]], Date.now() - 49 * HOUR_MS);
      await keep(db, [["l1", "call:day", "2"]], Date.now() - 25 * HOUR_MS);
      await using memory = open(db, { sweepIntervalMs: 20 }).memory;
      assert.deepEqual(await entriesOf(memory, "l1", ["call:old", "call:day"]), [["call:day", "2"]]);
      for (let tries = 0; (await measureMemories(db)).rows > 1; tries++) {
        assert.ok(tries < 500, "nothing was swept");
        await sleep(10);
      }
      assert.deepEqual(await entriesOf(memory, "l1", ["call:day"]), [["call:day", "2"]]);
    });

    it("is bounded in rows and bytes, and the oldest go first", async () => {
      await using db = await openDatabase(await kind.fresh());
      const now = Date.now();
      for (let age = 6; age >= 1; age--) await keep(db, [["l1", `call:${age}`, "x".repeat(1_000)]], now - age * 1_000);
      const keys = Array.from({ length: 6 }, (_, index) => `call:${index + 1}`);
      await using memory = open(db).memory;
      const left = async () => (await entriesOf(memory, "l1", keys)).map(([key]) => key);
      await sweepMemories(db, { rows: 4, bytes: 1_000_000 }, now);
      assert.deepEqual(await left(), ["call:1", "call:2", "call:3", "call:4"]);
      await sweepMemories(db, { rows: 100, bytes: 2_100 }, now);
      assert.deepEqual(await left(), ["call:1", "call:2"]);
      const { rows, bytes } = await measureMemories(db);
      assert.equal(rows, 2);
      assert.equal(bytes, 2 * (1_000 + "l1".length + "call:1".length));
    });

    it("stays bounded while much is written, without waiting for the next sweep", async () => {
      await using db = await openDatabase(await kind.fresh());
      await using memory = open(db, { max: { rows: 1_000, bytes: 8_000_000 } }).memory;
      for (let index = 0; index < 40; index++) {
        memory.write("l1", `image:${index}`, "x".repeat(1_100_000));
        if (index % 8 === 7) {
          while ((await memory.read("l1", [`image:${index}`])).values.size === 0) await sleep(10);
          await sleep(450);
        }
      }
      await sleep(500);
      const { bytes } = await measureMemories(db);
      assert.ok(bytes > 1_000_000 && bytes <= 8_000_000 + 1_200_000, `${bytes} bytes`);
    });

    it("is forgotten with its licence, and only with its own", async () => {
      await using db = await openDatabase(await kind.fresh());
      await keep(db, [
        ...Array.from({ length: 600 }, (_, index) => ["lic_gone", `call:${index}`, "1"] as const),
        ["lic_stays", "call:1", "2"],
      ]);
      await forgetLicence(db, "lic_gone");
      assert.equal((await measureMemories(db)).rows, 1);
    });

    it("counts as not remembered when the store is gone, and then nobody asks it for a while", async () => {
      const db = await openDatabase(await kind.fresh());
      const { memory, told } = open(db);
      await db.destroy();
      assert.equal((await memory.read("l1", ["call:a"])).values.size, 0);
      assert.equal((await memory.read("l1", ["call:a"])).values.size, 0);
      assert.equal((await memory.read("l1", ["call:a"])).complete, false);
      assert.deepEqual(told, ["read failed"]);
      memory.write("l1", "call:a", "1");
      assert.deepEqual(await entriesOf(memory, "l1", ["call:a"]), [["call:a", "1"]]);
      await memory[Symbol.asyncDispose]();
      assert.deepEqual(told.slice(1), ["write failed", "dropped 1"]);
    });
  });
}

everyStore("SQLite", false, sqliteStores);
everyStore("PostgreSQL", skipPostgres, startPostgres);

describe("replicas of one PostgreSQL", { skip: skipPostgres }, () => {
  it("know what the others remember, and go on without a server that stands still", async () => {
    await using server = await startPostgres();
    const url = await server.fresh();
    await using one = await openDatabase(url);
    await using two = await openDatabase(url);
    const first = open(one);
    const second = open(two, { readTimeoutMs: 300 });
    await using _first = first.memory;
    await using _second = second.memory;
    first.memory.write("l1", "call:a", "1");
    for (let tries = 0; (await second.memory.read("l1", ["call:a"])).values.size === 0; tries++) {
      assert.ok(tries < 500, "the other replica never knew");
      await sleep(10);
    }
    // The same keys at the same time, in opposite orders.
    for (let round = 0; round < 20; round++) {
      const keys = Array.from({ length: 50 }, (_, index) => `text:${index}`);
      for (const key of keys) first.memory.write("l1", key, `one ${round}`);
      for (const key of keys.toReversed()) second.memory.write("l1", key, `two ${round}`);
      await sleep(20);
    }
    server.signal("SIGSTOP");
    try {
      const startedMs = performance.now();
      assert.equal((await second.memory.read("l1", ["call:other"])).values.size, 0);
      assert.ok(performance.now() - startedMs < 2_000);
      assert.equal((await second.memory.read("l1", ["call:other"])).values.size, 0);
    } finally {
      server.signal("SIGCONT");
    }
    assert.equal(second.told.filter((one) => one === "read failed").length, 1);
    assert.deepEqual(
      [...first.told, ...second.told].filter((one) => one.startsWith("write ")),
      [],
    );
  });
});
