// Goal: a socket is opened to a checked address or not at all. Method: fake name resolution, real listeners, and a
// record of every socket the process opens as the judge.
import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { describe, test } from "node:test";
import tls from "node:tls";
import fc from "fast-check";
import { parseNetworks } from "../../src/media/address.ts";
import { dial, type DialPolicy } from "../../src/media/dial.ts";
import { MediaFetchError } from "../../src/media/fetch-error.ts";
import { decideUrl } from "../../src/media/url-policy.ts";
import { recordSockets, startRawHost } from "./raw-host.ts";
import { selfSigned } from "./self-signed.ts";

const never = new AbortController().signal;

function policyFor(addresses: readonly string[] | (() => Promise<never>), extra: Partial<DialPolicy> = {}): DialPolicy {
  return {
    lookup: async () =>
      typeof addresses === "function"
        ? addresses()
        : addresses.map((address) => ({ address, family: net.isIP(address) })),
    allowedNetworks: parseNetworks(["127.0.0.1/32"]),
    allowedPorts: [80, 443],
    ownPorts: () => [],
    ...extra,
  };
}

const isKind = (kind: string) => (error: unknown) => error instanceof MediaFetchError && error.kind === kind;

describe("dialling a name", () => {
  test("connects to the address it resolved to, and resolves once", async () => {
    await using host = await startRawHost(() => {});
    let lookups = 0;
    const policy = policyFor([], {
      // A rebinding resolver: harmless the first time, the neighbour the second.
      lookup: async () => [{ address: (lookups += 1) === 1 ? "127.0.0.1" : "127.0.0.2", family: 4 }],
    });
    using record = recordSockets();
    const socket = await dial(new URL(`http://media.example:${host.port}/`), policy, never);
    assert.equal(socket.remoteAddress, "127.0.0.1");
    assert.equal(lookups, 1);
    assert.deepEqual(record.remotes, ["127.0.0.1"]);
    socket.destroy();
  });

  for (const addresses of [
    ["127.0.0.2"],
    ["10.0.0.1"],
    ["127.0.0.1", "10.0.0.1"],
    ["93.184.216.34", "fd00::1"],
    ["93.184.216.34", "169.254.169.254"],
    ["::1"],
    ["::ffff:169.254.169.254"],
    ["64:ff9b::7f00:1"],
    ["not an address"],
  ]) {
    test(`opens no socket when it resolves to ${addresses.join(" and ")}`, async () => {
      using record = recordSockets();
      await assert.rejects(dial(new URL("http://media.example/"), policyFor(addresses), never), isKind("forbidden"));
      assert.equal(record.opened.length, 0);
    });
  }

  test("fails as unreachable when there is no address", async () => {
    await assert.rejects(dial(new URL("http://media.example/"), policyFor([]), never), isKind("unreachable"));
  });

  test("gives up a resolver that never answers after three seconds, and at once on an abort", async () => {
    const silent = policyFor(() => new Promise<never>(() => {}));
    const startedAtMs = performance.now();
    const timedOut = assert.rejects(dial(new URL("http://media.example/"), silent, never), isKind("unreachable"));
    const controller = new AbortController();
    const left = dial(new URL("http://media.example/"), silent, controller.signal);
    controller.abort(new Error("left"));
    await assert.rejects(left, /left/);
    assert.ok(performance.now() - startedAtMs < 1000);
    await timedOut;
    assert.ok(performance.now() - startedAtMs < 8000);
  });

  test("tries the next address when the first does not answer", async () => {
    await using host = await startRawHost(() => {});
    const policy = policyFor(["127.0.0.3", "127.0.0.1"], { allowedNetworks: parseNetworks(["127.0.0.0/8"]) });
    const socket = await dial(new URL(`http://media.example:${host.port}/`), policy, never);
    assert.equal(socket.remoteAddress, "127.0.0.1");
    socket.destroy();
  });
});

describe("dialling a literal", () => {
  test("never asks the resolver, and is checked like a name", async () => {
    const policy = policyFor(() => Promise.reject(new Error("the resolver was asked")));
    using record = recordSockets();
    for (const host of ["127.0.0.2", "[::1]", "[::ffff:7f00:2]", "169.254.169.254", "0.0.0.0"]) {
      await assert.rejects(dial(new URL(`http://${host}/`), policy, never), isKind("forbidden"), host);
    }
    assert.equal(record.opened.length, 0);
  });
});

describe("ports", () => {
  test("are free inside a listed network and bound to the list elsewhere", async () => {
    using record = recordSockets();
    for (const url of ["http://93.184.216.34:8080/", "https://93.184.216.34:22/"]) {
      await assert.rejects(dial(new URL(url), policyFor([]), never), isKind("forbidden"), url);
    }
    assert.equal(record.opened.length, 0);
  });

  test("of this process are refused on every address of this machine, listed or not", async () => {
    await using host = await startRawHost(() => {});
    const policy = policyFor(["127.0.0.1"], { ownPorts: () => [host.port] });
    using record = recordSockets();
    for (const name of ["media.example", "127.0.0.1"]) {
      await assert.rejects(dial(new URL(`http://${name}:${host.port}/`), policy, never), isKind("forbidden"));
    }
    assert.equal(record.opened.length, 0);
  });
});

describe("TLS", () => {
  test("verifies the certificate against the name, whatever address was dialled", async () => {
    const trusted = tls.getCACertificates("default");
    const { key, cert } = selfSigned("media.example");
    const names: string[] = [];
    const SNICallback = (name: string, done: (error: Error | null) => void) => {
      names.push(name);
      done(null);
    };
    const server = tls.createServer({ key, cert, SNICallback }, (socket) => socket.on("error", () => {}));
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const policy = policyFor(["127.0.0.1"]);
    try {
      await assert.rejects(dial(new URL(`https://media.example:${port}/`), policy, never), /self-signed/);
      tls.setDefaultCACertificates([...trusted, cert]);
      const secured = await dial(new URL(`https://media.example.:${port}/`), policy, never);
      assert.equal((secured as tls.TLSSocket).alpnProtocol, false);
      secured.destroy();
      await assert.rejects(dial(new URL(`https://other.example:${port}/`), policy, never), /does not match/);
      await assert.rejects(dial(new URL(`https://127.0.0.1:${port}/`), policy, never), /does not match/);
      assert.deepEqual(names, ["media.example", "media.example", "other.example"]);
    } finally {
      tls.setDefaultCACertificates(trusted);
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test("is bounded by the connect timeout, and an abort ends it at once", async () => {
    await using host = await startRawHost(() => {});
    const controller = new AbortController();
    const url = new URL(`https://127.0.0.1:${host.port}/`);
    const slow = assert.rejects(dial(url, policyFor([]), never), isKind("unreachable"));
    const left = dial(url, policyFor([]), controller.signal);
    setTimeout(() => controller.abort(new Error("left")), 50);
    await assert.rejects(left, /left/);
    await slow;
    for (const socket of host.connections) if (!socket.destroyed) await once(socket, "close");
  });
});

// 127.0.0.1 is the only address that may be connected to: it is listed, and no port is open on public addresses.
test("whatever the URL and the resolver say, nothing but a checked address is connected to", async () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const hex = (high: number, low: number) => (high * 256 + low).toString(16);
  const literal = fc
    .oneof(
      fc.constant([127, 0, 0, 1] as const),
      fc.tuple(fc.constantFrom(0, 10, 127, 169, 172, 192, 100, 198, 224, 255), octet, octet, octet),
    )
    .chain(([a, b, c, d]) =>
      fc.constantFrom(
        `${a}.${b}.${c}.${d}`,
        `${a}.${b}.${c}.${d}.`,
        String(((a * 256 + b) * 256 + c) * 256 + d),
        `0x${hex(a, b)}${hex(c, d).padStart(4, "0")}`,
        `0${a.toString(8)}.0${b.toString(8)}.${c * 256 + d}`,
        `[::ffff:${a}.${b}.${c}.${d}]`,
        `[::${hex(a, b)}:${hex(c, d)}]`,
        `[64:ff9b::${hex(a, b)}:${hex(c, d)}]`,
        `[2002:${hex(a, b)}:${hex(c, d)}::]`,
      ),
    );
  const host = fc.oneof(
    literal,
    fc.domain(),
    fc.constantFrom("localhost", "LOCALHOST.", "①②⑦.⓪.⓪.①", "[::1]", "[fe80::1]"),
  );
  const answer = fc.constantFrom("127.0.0.1", "127.0.0.2", "10.0.0.1", "::1", "fe80::1", "::ffff:127.0.0.2", "8.8.8.8");
  const user = fc.constantFrom("", "", "good\\@", "good#@", "user@", "a:b@");
  await using listener = await startRawHost(() => {});
  const port = fc.constantFrom("", `:${listener.port}`, `:${listener.port}`, ":22");
  const url = fc.tuple(fc.constantFrom("http://", "https://", "HtTp:\\\\", "http:/"), user, host, port);
  await fc.assert(
    fc.asyncProperty(url, fc.array(answer, { maxLength: 3 }), async (pieces, answers) => {
      using record = recordSockets();
      const decision = decideUrl(`${pieces.join("")}/x`, {
        allowedPorts: [],
        allowedHosts: [],
        deniedHosts: [],
        anyPort: true,
      });
      if ("refused" in decision) return;
      const { signal } = new AbortController();
      const policy = { ...policyFor(answers), allowedPorts: [] };
      const socket = await dial(decision.url, policy, AbortSignal.any([signal, AbortSignal.timeout(100)])).catch(
        () => undefined,
      );
      socket?.destroy();
      for (const remote of record.remotes) assert.ok(["127.0.0.1", "::ffff:127.0.0.1"].includes(remote), remote);
      const { hostname } = decision.url;
      const isLiteral = net.isIP(hostname.replace(/[[\]]/g, "")) !== 0;
      const targets = isLiteral ? [hostname] : answers;
      const isListed = targets.every((target) => ["127.0.0.1", "[::ffff:7f00:1]"].includes(target));
      if (!isListed) assert.equal(record.opened.length, 0, "a socket was opened for an address that was not listed");
    }),
    { numRuns: 400 },
  );
  assert.ok(listener.connectionCount > 0, "the listed address was never reached, so nothing was shown");
});
