// Goal: operators can manage licences while a gateway runs. Method: the command as a process of its own, on a real file.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { openDatabase } from "../../src/store/database.ts";
import { openLicenceBook } from "../../src/store/licence-book.ts";
import { writeMemories } from "../../src/store/memory-table.ts";
import { skipPostgres, startPostgres } from "./stores.ts";

const command = fileURLToPath(new URL("../../src/store/main.ts", import.meta.url));

let root: string;
let count = 0;
before(async () => void (root = await mkdtemp(join(tmpdir(), "gateway-cli-"))));
after(() => rm(root, { recursive: true }));

async function newDirectory(): Promise<string> {
  return mkdtemp(join(root, `${count++}-`));
}

async function licence(directory: string, args: readonly string[], environment: Record<string, string> = {}) {
  const env = { PATH: process.env["PATH"] ?? "", ...environment };
  const child = spawn(process.execPath, [command, ...args], { cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { out, err, code: code as number };
}

describe("the licence command", () => {
  it("creates a licence alone on standard output, lists it and revokes it", async () => {
    const directory = await newDirectory();
    const created = await licence(directory, ["create", "--name", "Team A"]);
    assert.equal(created.code, 0, created.err);
    assert.match(created.out, /^gg-[0-9A-Za-z]{40}\n$/);
    assert.match(created.err, /created lic_[0-9a-z]{16} \(Team A\)/);
    const id = /lic_\w+/.exec(created.err)?.[0] ?? "";

    const listed = await licence(directory, ["list"]);
    const [header, row, ...more] = listed.out.trimEnd().split("\n");
    assert.match(header ?? "", /^id +created +revoked +name$/);
    assert.match(row ?? "", new RegExp(`^${id}  \\d{4}-\\d\\d-\\d\\dT[\\d:]+Z +Team A$`));
    assert.deepEqual(more, []);

    const revoked = await licence(directory, ["revoke", id.slice(0, 10)]);
    assert.deepEqual([revoked.code, revoked.out.startsWith(`revoked ${id} (Team A)`)], [0, true]);
    assert.match((await licence(directory, ["list"])).out, new RegExp(`^${id}( +\\d{4}-\\S+Z){2} +Team A$`, "m"));
    for (const { out, err } of [listed, revoked]) assert.ok(!(out + err).includes(created.out.trim()));
  });

  it("forgets what was remembered for a revoked licence, and for no other", async () => {
    const directory = await newDirectory();
    const ids: string[] = [];
    for (const name of ["gone", "stays"]) {
      const { err } = await licence(directory, ["create", "--name", name]);
      ids.push(/lic_\w+/.exec(err)?.[0] ?? "");
    }
    await using db = await openDatabase(`sqlite:${join(directory, "data/gateway.sqlite")}`);
    const memories = ids.map((id) => ({ licence: id, key: "call:a", value: "1", bytes: 1 }));
    await writeMemories(db, memories, Date.now() + 60_000);
    const [gone = "", stays] = ids;
    assert.equal((await licence(directory, ["revoke", gone])).code, 0);
    const left = await db.selectFrom("memories").select("licence").execute();
    assert.deepEqual(
      left.map((row) => row.licence),
      [stays],
    );
  });

  it("explains itself, with exit code 64 where the command line means nothing", async () => {
    const directory = await newDirectory();
    const help = await licence(directory, ["--help"]);
    assert.deepEqual([help.code, help.err], [0, ""]);
    assert.match(help.out, /usage: npm run licence -- create/);
    for (const args of [
      [],
      ["remove"],
      ["create", "canary"],
      ["list", "canary"],
      ["list", "--name", "canary"],
      ["revoke"],
      ["revoke", "a", "canary"],
      ["--canary"],
    ]) {
      const wrong = await licence(directory, args);
      assert.deepEqual([wrong.code, wrong.out], [64, ""], args.join(" "));
      assert.match(wrong.err, /usage: npm run licence/);
      assert.doesNotMatch(wrong.err, /canary/);
    }
  });

  it("ends with 1 and one line where the store or the licence is not there", async () => {
    const directory = await newDirectory();
    const unknown = await licence(directory, ["revoke", "lic_0000"]);
    assert.deepEqual(unknown, { code: 1, out: "", err: "no licence has the id lic_0000\n" });
    const secret = await licence(directory, ["revoke", "gg-canarycanary"]);
    assert.equal(secret.code, 1);
    assert.doesNotMatch(secret.err, /canary/);
    const away = await licence(directory, ["list"], { DATABASE_URL: "postgres://gateway:canary@127.0.0.1:1/gateway" });
    assert.equal(away.code, 1);
    assert.match(away.err, /^the store cannot be opened: .*ECONNREFUSED.*\n$/);
    assert.doesNotMatch(away.err, /canary/);
  });

  it("finds the store as the gateway does, and needs nothing else configured", async () => {
    const directory = await newDirectory();
    await writeFile(join(directory, "gateway.yaml"), "HOST: 0.0.0.0\nDATABASE_URL: sqlite:else/where.sqlite\n", {
      mode: 0o600,
    });
    assert.equal((await licence(directory, ["create"])).code, 0);
    await using db = await openDatabase(`sqlite:${join(directory, "else/where.sqlite")}`);
    await using book = await openLicenceBook(db, { configured: [] });
    assert.equal(book.size(), 1);
    const bad = await licence(directory, ["list"], { DATABASE_URL: "canary" });
    assert.equal(bad.code, 78);
    assert.match(bad.err, /^environment: DATABASE_URL must be sqlite:<file> or postgres:[^\n]*\n$/);
  });

  it("makes a new file once, however many start on it at the same moment", async () => {
    const directory = await newDirectory();
    const path = join(directory, "gateway.sqlite");
    const environment = { DATABASE_URL: `sqlite:${path}` };
    // A lock that all of them wait for lets them go on together.
    const barrier = new DatabaseSync(path);
    barrier.exec("pragma journal_mode = wal; begin immediate");
    const names = ["a", "b", "c", "d"];
    const runs = names.map((name) => licence(directory, ["create", "--name", name], environment));
    await sleep(1_000);
    barrier.exec("commit");
    barrier.close();
    for (const { code, err } of await Promise.all(runs)) assert.equal(code, 0, err);
    const { out } = await licence(directory, ["list"], environment);
    assert.deepEqual(out.match(/\w$/gm)?.slice(1).toSorted(), names);
  });

  it("waits for a gateway that is writing, and a gateway is told of its licence", async () => {
    const directory = await newDirectory();
    await using db = await openDatabase(`sqlite:${join(directory, "data/gateway.sqlite")}`);
    await using book = await openLicenceBook(db, { configured: [] });
    const created = await db.transaction().execute(async (transaction) => {
      const before = await transaction.selectFrom("licences").selectAll().execute();
      assert.deepEqual(before, []);
      const running = licence(directory, ["create"]);
      await sleep(1_000);
      await transaction.insertInto("facts").values({ name: "written", value: "late" }).execute();
      return { running };
    });
    const { code, out, err } = await created.running;
    assert.equal(code, 0, err);
    for (let tries = 0; tries < 100 && !book.resolve(out.trim()); tries++) await sleep(100);
    assert.equal(book.resolve(out.trim())?.name, "unnamed");
  });

  it("killed at any moment leaves a store that opens and holds whole licences", async () => {
    const directory = await newDirectory();
    const url = `sqlite:${join(directory, "gateway.sqlite")}`;
    const modules = ["database", "licences"].map((name) =>
      JSON.stringify(new URL(`../../src/store/${name}.ts`, import.meta.url).href),
    );
    const script = `const [{ openDatabase }, { createLicence }] = await Promise.all([import(${modules[0]}), import(${modules[1]})]);
      const db = await openDatabase(${JSON.stringify(url)});
      for (let i = 0; ; i++) { await createLicence(db, "n" + i); process.stdout.write("."); }`;
    for (let round = 1; round <= 4; round++) {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      await sleep(round * 17);
      child.kill("SIGKILL");
      await once(child, "exit");
      await using db = await openDatabase(url);
      const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
      assert.equal(rows[0]?.integrity_check, "ok");
      const licences = await db.selectFrom("licences").selectAll().execute();
      const revision = await db
        .selectFrom("facts")
        .select("value")
        .where("name", "=", "licence_revision")
        .executeTakeFirst();
      assert.ok(licences.length >= round);
      assert.equal(Number(revision?.value), licences.length);
    }
  });

  it("manages licences in PostgreSQL", { skip: skipPostgres }, async () => {
    await using server = await startPostgres();
    const directory = await newDirectory();
    const environment = { DATABASE_URL: await server.fresh() };
    const created = await licence(directory, ["create", "--name", "shared"], environment);
    assert.match(created.out, /^gg-/, created.err);
    assert.match((await licence(directory, ["list"], environment)).out, /shared$/m);
  });
});
