// Goal: licences are made, listed and revoked, and never lie at rest. Method: the same tests over each kind of store.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parseLicence } from "../../src/config/parsers.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { digestLicence, mintLicence } from "../../src/store/licence-secret.ts";
import {
  createLicence,
  LicenceError,
  listLicences,
  readLicencePepper,
  readLicenceRevision,
  readValidLicences,
  revokeLicence,
} from "../../src/store/licences.ts";
import { query, skipPostgres, sqliteStores, startPostgres, type StoreKind } from "./stores.ts";

/** Everything a thief of the store gets to see. */
async function readAtRest(url: string): Promise<string> {
  const [, path] = /^sqlite:(.+)$/.exec(url) ?? [];
  if (path === undefined) {
    const [licences, facts] = await Promise.all([
      query(url, "select * from licences"),
      query(url, "select * from facts"),
    ]);
    return JSON.stringify([licences, facts]);
  }
  const names = await readdir(dirname(path));
  const files = await Promise.all(names.map((name) => readFile(join(dirname(path), name), "latin1")));
  return files.join("\n");
}

function everyStore(title: string, skip: string | false, start: () => Promise<StoreKind>): void {
  describe(`licences in ${title}`, { skip }, () => {
    let kind: StoreKind;
    let url: string;
    let db: Database;
    before(async () => {
      kind = await start();
      url = await kind.fresh();
      db = await openDatabase(url);
    });
    after(async () => {
      await db.destroy();
      await kind[Symbol.asyncDispose]();
    });

    it("are shown once, and lie in the store as a keyed digest only", async () => {
      const { licence, id } = await createLicence(db, "canary name");
      const atRest = await readAtRest(url);
      assert.ok(atRest.includes(id) && atRest.includes("canary name"));
      assert.ok(atRest.includes(digestLicence(await readLicencePepper(db), licence)));
      for (const form of [
        licence,
        licence.slice(3),
        Buffer.from(licence).toString("base64").slice(0, -4),
        Buffer.from(licence).toString("hex"),
      ]) {
        assert.ok(!atRest.includes(form));
      }
    });

    it("are listed with their times and without their secret", async () => {
      const startedAt = Date.now();
      const { id, licence } = await createLicence(db, "  Équipe 7  ");
      const listed = await listLicences(db);
      const record = listed.find((row) => row.id === id);
      assert.equal(record?.name, "Équipe 7");
      assert.ok(Math.abs((record?.createdAt.getTime() ?? 0) - startedAt) < 60_000);
      assert.equal(record?.revokedAt, undefined);
      assert.ok(!JSON.stringify(listed).includes(licence));
    });

    it("are revoked by id or by its beginning, and stay as they were revoked first", async () => {
      const { id } = await createLicence(db, "to be revoked");
      const revoked = await revokeLicence(db, id.slice(0, 12));
      assert.equal(revoked.id, id);
      assert.ok(revoked.revokedAt instanceof Date);
      assert.deepEqual(await revokeLicence(db, id), revoked);
      assert.ok(!(await readValidLicences(db)).some((row) => row.id === id));
      assert.ok((await listLicences(db)).some((row) => row.id === id));
    });

    it("are not revoked by what names none or several", async () => {
      const twin = (id: string) => ({ id, name: "twin", digest: id, created_at: 1, revoked_at: null });
      await db
        .insertInto("licences")
        .values([twin("lic_twinaaaaaaaaaaaa"), twin("lic_twinbbbbbbbbbbbb")])
        .execute();
      const valid = (await readValidLicences(db)).length;
      for (const [wrong, expected] of [
        ["lic_twin", /more than one licence begins with lic_twin/],
        ["lic_0000nobody", /no licence has the id/],
        ["lic_", /name the licence by its id/],
        ["lic_%%%%", /name the licence by its id/],
        ["", /name the licence by its id/],
      ] as const) {
        await assert.rejects(
          revokeLicence(db, wrong),
          (error: Error) => error instanceof LicenceError && expected.test(error.message),
        );
      }
      const secret = mintLicence();
      await assert.rejects(revokeLicence(db, secret), (error: Error) => !error.message.includes(secret));
      assert.equal((await readValidLicences(db)).length, valid);
    });

    it("have a name that is text of one line", async () => {
      for (const name of ["", " ", "a\nb", "\u001b[31m", "\u2028", "n".repeat(65)]) {
        await assert.rejects(createLicence(db, name), LicenceError, JSON.stringify(name));
      }
    });

    it("change the revision with every change, and with a failed one not", async () => {
      const revisions = [await readLicenceRevision(db)];
      const { id } = await createLicence(db, "revision");
      revisions.push(await readLicenceRevision(db));
      await revokeLicence(db, id);
      revisions.push(await readLicenceRevision(db));
      assert.equal(new Set(revisions).size, 3);
      await assert.rejects(revokeLicence(db, "lic_0000nobody"));
      assert.equal(await readLicenceRevision(db), revisions[2]);
    });
  });
}

everyStore("SQLite", false, sqliteStores);
everyStore("PostgreSQL", skipPostgres, startPostgres);

describe("a minted licence", () => {
  it("is one the configuration would take, and never the same twice", () => {
    const minted = Array.from({ length: 2000 }, () => mintLicence());
    for (const licence of minted) {
      assert.match(licence, /^gg-[0-9A-Za-z]{40}$/);
      assert.equal(parseLicence(licence), licence);
    }
    assert.equal(new Set(minted).size, minted.length);
  });

  it("uses its whole alphabet evenly", () => {
    const counts = new Map<string, number>();
    for (const letter of Array.from({ length: 1000 }, () => mintLicence().slice(3)).join("")) {
      counts.set(letter, (counts.get(letter) ?? 0) + 1);
    }
    assert.equal(counts.size, 62);
    // 40 000 letters, about 645 of each; nine standard deviations are 230.
    for (const [letter, count] of counts) assert.ok(Math.abs(count - 645) < 230, `${letter}: ${count}`);
  });

  it("has another digest under another pepper", () => {
    const licence = mintLicence();
    assert.notEqual(digestLicence("00".repeat(32), licence), digestLicence("01".repeat(32), licence));
  });
});
