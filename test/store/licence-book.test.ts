// Goal: whose a licence is, at once, whatever the store does. Method: two connections to one store, and stores that stop.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../src/chat/failures.ts";
import { openDatabase } from "../../src/store/database.ts";
import { type LicenceBookOptions, openLicenceBook } from "../../src/store/licence-book.ts";
import { createLicence, revokeLicence } from "../../src/store/licences.ts";
import { skipPostgres, sqliteStores, startPostgres, type StoreKind } from "./stores.ts";

const WAIT_MS = 10_000;

/** Waits until something holds; fails after ten seconds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, "did not happen in time");
    await sleep(10);
  }
}

/** A network between a client and a server on this machine; connections can die in it without either being told. */
async function startProxy(target: number) {
  const open: Socket[] = [];
  const listener = createServer((client) => {
    const server = connect(target, "127.0.0.1");
    for (const socket of [client, server]) socket.on("error", () => undefined);
    client.pipe(server);
    server.pipe(client);
    open.push(client, server);
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    port: (listener.address() as AddressInfo).port,
    /** Open connections carry nothing any more; new ones work. */
    silence: () => open.forEach((socket) => socket.unpipe().pause()),
    async [Symbol.asyncDispose]() {
      open.forEach((socket) => socket.destroy());
      listener.close();
      await once(listener, "close");
    },
  };
}

const configured = ["canary-configured-1", "canary-configured-2"];

function everyStore(title: string, skip: string | false, start: () => Promise<StoreKind>): void {
  describe(`a licence book over ${title}`, { skip }, () => {
    let kind: StoreKind;
    before(async () => void (kind = await start()));
    after(() => kind[Symbol.asyncDispose]());

    async function open(options: Partial<LicenceBookOptions> = {}) {
      const url = await kind.fresh();
      const stack = new AsyncDisposableStack();
      const db = stack.use(await openDatabase(url));
      const elsewhere = stack.use(await openDatabase(url));
      const { licence, id } = await createLicence(elsewhere, "from the start");
      const book = stack.use(await openLicenceBook(db, { configured, checkIntervalMs: 20, ...options }));
      return { db, elsewhere, book, licence, id, [Symbol.asyncDispose]: () => stack.disposeAsync() };
    }

    it("knows the licences of store and configuration, and no others", async () => {
      await using scene = await open();
      assert.deepEqual(scene.book.resolve(scene.licence), { licenceId: scene.id, name: "from the start" });
      assert.equal(scene.book.resolve("canary-configured-2")?.name, "LICENCES entry 2");
      assert.equal(scene.book.size(), 3);
      for (const wrong of [
        "",
        scene.id,
        scene.licence.slice(0, -1),
        `${scene.licence} `,
        scene.licence.toLowerCase(),
        "x".repeat(20_000),
      ]) {
        assert.equal(scene.book.resolve(wrong), undefined);
      }
    });

    it("names configured licences the same way in every process, and never by themselves", async () => {
      await using scene = await open();
      await using other = await openLicenceBook(scene.elsewhere, { configured: [...configured].reverse() });
      const { licenceId = "" } = scene.book.resolve("canary-configured-1") ?? {};
      assert.match(licenceId, /^cfg_[0-9a-f]{64}$/);
      assert.equal(other.resolve("canary-configured-1")?.licenceId, licenceId);
    });

    it("learns within seconds of what others create and revoke", async () => {
      await using scene = await open({ checkIntervalMs: 1_000 });
      const { licence, id } = await createLicence(scene.elsewhere, "later");
      await until(() => scene.book.resolve(licence) !== undefined);
      await revokeLicence(scene.elsewhere, id);
      await until(() => scene.book.resolve(licence) === undefined);
      assert.ok(scene.book.resolve(scene.licence));
    });

    it("knows at once what it is told to look at", async () => {
      await using scene = await open({ checkIntervalMs: 60_000 });
      const { licence } = await createLicence(scene.db, "own");
      await scene.book.refresh();
      assert.equal(scene.book.resolve(licence)?.name, "own");
    });

    it("answers from memory while the store is away, then says so, and configured licences hold", async () => {
      const errors: unknown[] = [];
      await using scene = await open({ maxAgeMs: 400, onCheck: (error) => error !== undefined && errors.push(error) });
      await scene.db.destroy();
      assert.ok(scene.book.resolve(scene.licence));
      await until(() => errors.length > 1);
      const lastOk = scene.book.lastCheckOk();
      await until(() => performance.now() - lastOk > 400);
      for (const licence of [scene.licence, "never-seen-before"]) {
        assert.throws(
          () => scene.book.resolve(licence),
          (error) => error instanceof Failure && error.reason === "SERVER_BUSY",
        );
      }
      assert.ok(scene.book.resolve("canary-configured-1"));
      assert.equal(scene.book.lastCheckOk(), lastOk);
    });

    it("asks the store nothing for wrong licences, however many", async () => {
      await using scene = await open({ checkIntervalMs: 60_000 });
      await scene.db.destroy();
      for (let index = 0; index < 20_000; index++) {
        assert.equal(scene.book.resolve(`wrong-licence-${index}`), undefined);
      }
    });

    it("tells of each good check, and of none after its end", async () => {
      let checks = 0;
      await using scene = await open({
        onCheck: (error) => void (error === undefined && checks++),
      });
      await until(() => checks > 2);
      assert.ok(performance.now() - scene.book.lastCheckOk() < WAIT_MS);
      await scene.book[Symbol.asyncDispose]();
      const atEnd = checks;
      await sleep(100);
      assert.equal(checks, atEnd);
    });
  });
}

everyStore("SQLite", false, sqliteStores);
everyStore("PostgreSQL", skipPostgres, startPostgres);

describe("a licence book over a PostgreSQL server that hangs", { skip: skipPostgres }, () => {
  it("answers at once, reports failed checks, and recovers by itself", async () => {
    await using server = await startPostgres();
    await using db = await openDatabase(await server.fresh());
    const { licence } = await createLicence(db, "steady");
    let failed = 0;
    const onCheck = (error?: unknown) => void (error !== undefined && failed++);
    await using book = await openLicenceBook(db, { configured: [], checkIntervalMs: 20, onCheck });
    server.signal("SIGSTOP");
    try {
      await until(() => {
        const startedAt = performance.now();
        assert.ok(book.resolve(licence));
        assert.ok(performance.now() - startedAt < 1_000);
        return failed > 0;
      });
    } finally {
      server.signal("SIGCONT");
    }
    const stoppedAt = performance.now();
    await until(() => book.lastCheckOk() > stoppedAt);
    assert.ok(book.resolve(licence));
  });

  it("leaves connections that went dead and makes new ones", async () => {
    await using server = await startPostgres();
    const url = new URL(await server.fresh());
    await using network = await startProxy(Number(url.port));
    url.port = String(network.port);
    await using db = await openDatabase(url.href);
    await using book = await openLicenceBook(db, { configured: [], checkIntervalMs: 20 });
    network.silence();
    const silencedAt = performance.now();
    await until(() => book.lastCheckOk() > silencedAt + 1_000);
  });
});
