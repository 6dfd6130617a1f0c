// Goal: the guarded fetch brings plain bytes, and stops in time and size whatever the host does. Method: hosts on real
// sockets that answer byte by byte; 127.0.0.1 is the only listed network.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { createMediaFetcher, type MediaFetcher, type MediaFetchPolicy } from "../../src/media/fetch.ts";
import { MediaFetchError, type MediaFetchErrorKind } from "../../src/media/fetch-error.ts";
import { answer, recordSockets, startRawHost } from "./raw-host.ts";

const LOCAL: MediaFetchPolicy = {
  enabled: true,
  allowedNetworks: ["127.0.0.1/32"],
  allowedPorts: [80, 443],
  allowedHosts: [],
  deniedHosts: [],
  timeoutMs: 20_000,
};

const fetcher = createMediaFetcher(LOCAL);

/** Opens and reads to the end. */
async function get(
  url: string,
  { by = fetcher, maxBytes = 1_000_000, callerKey = "caller", signal = new AbortController().signal } = {},
) {
  const opened = await by.open(url, { signal, maxBytes, callerKey });
  return { ...opened, bytes: Buffer.concat(await Array.fromAsync(opened.pieces)) };
}

async function assertFails(fetched: Promise<unknown>, kind: MediaFetchErrorKind): Promise<MediaFetchError> {
  const error = await fetched.then(
    () => assert.fail("the fetch succeeded"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof MediaFetchError, String(error));
  assert.equal(error.kind, kind);
  return error;
}

describe("a well-behaved host", () => {
  test("gives its bytes, its content type and the final URL", async () => {
    await using host = await startRawHost(answer(["200 OK", "content-type: image/png", "content-length: 5"], "hello"));
    const { bytes, contentType, finalUrl } = await get(`${host.url}/a%20b?c=d#e`);
    assert.equal(bytes.toString(), "hello");
    assert.equal(contentType, "image/png");
    assert.equal(finalUrl.href, `${host.url}/a%20b?c=d#e`);
  });

  test("gets this request and nothing more", async () => {
    await using host = await startRawHost(answer(["200 OK", "set-cookie: a=b", "content-length: 0"]));
    for (let count = 0; count < 2; count += 1) await get(`${host.url}/a b?c="d"#e`);
    const golden = [
      "GET /a%20b?c=%22d%22 HTTP/1.1",
      `host: 127.0.0.1:${host.port}`,
      "connection: close",
      "accept: */*",
      "accept-encoding: identity",
      "user-agent: gemini-gateway",
      "",
      "",
    ].join("\r\n");
    assert.deepEqual(host.requests, [golden, golden]);
    assert.equal(host.connectionCount, 2);
  });

  test("may send its body in chunks or until it closes", async () => {
    await using chunked = await startRawHost(
      answer(["200 OK", "transfer-encoding: chunked"], "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
    );
    await using closing = await startRawHost(answer(["200 OK"], "until the end"));
    assert.equal((await get(chunked.url)).bytes.toString(), "abcde");
    assert.equal((await get(closing.url)).bytes.toString(), "until the end");
  });
});

describe("redirects", { concurrency: true }, () => {
  test("are followed three times, relative ones too, with nothing forwarded", async () => {
    await using host = await startRawHost((socket, head) => {
      const hop = Number(/^GET \/(\d)/.exec(head)?.[1]);
      answer(
        hop < 3 ? ["302 Found", `location: ${hop + 1}?x`, "set-cookie: s=1", "content-length: 0"] : ["200 OK"],
        hop < 3 ? "" : "end",
      )(socket, head);
    });
    const { bytes, finalUrl } = await get(`${host.url}/0`);
    assert.equal(bytes.toString(), "end");
    assert.equal(finalUrl.pathname, "/3");
    assert.ok(host.requests.every((head) => !/cookie|referer|authorization/i.test(head)));
  });

  for (const status of [301, 302, 303, 307, 308]) {
    test(`of status ${status} are followed`, async () => {
      await using host = await startRawHost((socket, head) =>
        answer(head.startsWith("GET /end") ? ["200 OK"] : [`${status} Moved`, "location: /end"])(socket, head),
      );
      assert.equal((await get(host.url)).finalUrl.pathname, "/end");
    });
  }

  test("end after the third, and a loop is no exception", async () => {
    await using host = await startRawHost(answer(["302 Found", "location: /again"]));
    await assertFails(get(host.url), "unreachable");
    assert.equal(host.requests.length, 4);
  });

  test("without a location, and any other status, are failures that tell no status", async () => {
    const heads = [
      "302 Found",
      "300 Multiple",
      "304 Not Modified",
      "206 Partial",
      "204 No Content",
      "404 Not Found",
      "500 Oops",
    ];
    await using host = await startRawHost((socket, head) =>
      answer([heads[Number(/^GET \/(\d)/.exec(head)?.[1])] ?? ""], "secret body")(socket, head),
    );
    await Promise.all(
      heads.map(async (_, index) => {
        const error = await assertFails(get(`${host.url}/${index}`, { callerKey: String(index) }), "unreachable");
        assert.equal(error.message, "media could not be fetched");
      }),
    );
  });
});

describe("size", { concurrency: true }, () => {
  test("is refused by the announced length without reading the body", async () => {
    await using host = await startRawHost((socket) =>
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000001\r\n\r\n"),
    );
    await assertFails(get(host.url), "too_large");
  });

  test("may be exactly the limit", async () => {
    await using host = await startRawHost(answer(["200 OK"], Buffer.alloc(1000)));
    assert.equal((await get(host.url, { maxBytes: 1000 })).bytes.length, 1000);
    await assertFails(get(host.url, { maxBytes: 999 }), "too_large");
  });

  test("that was announced too large fails, too small gives what was announced", async () => {
    await using short = await startRawHost(answer(["200 OK", "content-length: 10"], "hello"));
    await using long = await startRawHost(answer(["200 OK", "content-length: 5"], "hello world"));
    await assertFails(get(short.url), "unreachable");
    assert.equal((await get(long.url)).bytes.toString(), "hello");
  });

  test("of all running fetches together is bounded", async () => {
    const tight = createMediaFetcher(LOCAL, { parallel: 4, parallelPerCaller: 4, bytesInFlight: 1500 });
    await using host = await startRawHost((socket) => socket.write(`HTTP/1.1 200 OK\r\n\r\n${"a".repeat(1000)}`));
    const controller = new AbortController();
    const first = get(host.url, { by: tight, signal: controller.signal });
    first.catch(() => {});
    await assertFails(Promise.race([get(host.url, { by: tight }), get(host.url, { by: tight }), first]), "busy");
    controller.abort();
  });
});

describe("encodings", { concurrency: true }, () => {
  for (const encoding of ["gzip", "br", "deflate", "gzip, gzip", "x-unknown"]) {
    test(`${encoding} is refused and never decoded`, async () => {
      const bomb = gzipSync(Buffer.alloc(1_000_000));
      await using host = await startRawHost(answer(["200 OK", `content-encoding: ${encoding}`], bomb));
      await assertFails(get(host.url), "type");
    });
  }

  test("identity is none", async () => {
    await using host = await startRawHost(answer(["200 OK", "Content-Encoding: Identity"], "plain"));
    assert.equal((await get(host.url)).bytes.toString(), "plain");
  });
});

describe("time", { concurrency: true }, () => {
  const endsWithin = async (behave: (socket: Socket) => void, limitMs: number, by: MediaFetcher = fetcher) => {
    await using host = await startRawHost(behave);
    const startedAtMs = performance.now();
    await assertFails(get(host.url, { by, callerKey: String(startedAtMs) }), "unreachable");
    const elapsedMs = performance.now() - startedAtMs;
    assert.ok(elapsedMs < limitMs, `took ${elapsedMs} ms`);
    for (const socket of host.connections) if (!socket.destroyed) await once(socket, "close");
  };
  const trickle = (socket: Socket, text: string) => {
    const timer = setInterval(() => socket.write(text), 500);
    socket.on("close", () => clearInterval(timer));
  };

  test("a host that never answers is given up", () => endsWithin(() => {}, 9000));
  test("a host that trickles its head is given up", () =>
    endsWithin((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      trickle(socket, "x-a: b\r\n");
    }, 9000));
  test("a host that stops within its body is given up", () =>
    endsWithin((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nab"), 9000));
  test("a host that trickles its body is given up when the total time is over", () =>
    endsWithin(
      (socket) => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        trickle(socket, "a");
      },
      5000,
      createMediaFetcher({ ...LOCAL, timeoutMs: 2000 }),
    ));
  test("a host that sends a megabyte gets a second more", async () => {
    const by = createMediaFetcher({ ...LOCAL, timeoutMs: 700 });
    await using host = await startRawHost((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.write(Buffer.alloc(1_500_000));
      setTimeout(() => socket.end("end"), 1200);
    });
    assert.equal((await get(host.url, { by, maxBytes: 2_000_000 })).bytes.length, 1_500_003);
  });
});

describe("an abort", () => {
  for (const [moment, behave] of [
    ["waits for the head", () => {}],
    ["reads the body", (socket: Socket) => socket.write("HTTP/1.1 200 OK\r\n\r\nabc")],
  ] as const) {
    test(`while it ${moment} ends the fetch and its connection at once`, async () => {
      await using host = await startRawHost(behave);
      const controller = new AbortController();
      const fetched = get(host.url, { signal: controller.signal });
      fetched.catch(() => {});
      while (host.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      const [connection] = host.connections as Set<Socket> & Iterable<Socket>;
      const startedAtMs = performance.now();
      controller.abort(new Error("the caller left"));
      await assert.rejects(fetched, /the caller left/);
      if (connection !== undefined && !connection.destroyed) await once(connection, "close");
      assert.ok(performance.now() - startedAtMs < 500);
    });
  }

  test("while it waits for its turn leaves the queue", async () => {
    await using host = await startRawHost(() => {});
    const by = createMediaFetcher(LOCAL, { parallel: 1, parallelPerCaller: 1, bytesInFlight: 1e9 });
    const first = new AbortController();
    const second = new AbortController();
    const running = get(host.url, { by, signal: first.signal });
    const waiting = get(host.url, { by, signal: second.signal });
    running.catch(() => {});
    second.abort(new Error("left the queue"));
    await assert.rejects(waiting, /left the queue/);
    first.abort();
    await assert.rejects(running);
    assert.ok(host.connectionCount <= 1);
  });
});

// One at a time: the record is of the whole process.
describe("what is connected to", () => {
  test("is nothing that a redirect must not lead to", async () => {
    const targets = [
      "http://169.254.169.254/latest/meta-data/",
      "http://127.1:22/",
      "http://127.0.0.2/",
      "//10.0.0.1/",
      "http://[::1]/",
      "http://0x7f.2/",
      "http://[::ffff:169.254.169.254]/",
      "http://user:secret@127.0.0.1/",
      "file:///etc/passwd",
      "data:image/png;base64,AAAA",
      "gopher://127.0.0.1/",
    ];
    await using host = await startRawHost((socket, head) => {
      const target = targets[Number(/^GET \/(\d+)/.exec(head)?.[1])];
      answer(["302 Found", `location: ${target}`])(socket, head);
    });
    const strict = createMediaFetcher({ ...LOCAL, ownPorts: () => [22] });
    using record = recordSockets();
    await Promise.all(
      targets.map((_, index) =>
        assertFails(get(`${host.url}/${index}`, { by: strict, callerKey: String(index) }), "forbidden"),
      ),
    );
    assert.equal(record.opened.length, targets.length, "only the redirecting host was connected to");
  });

  test("is read within 64 KiB of the limit when no length was announced", async () => {
    await using host = await startRawHost((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const block = Buffer.alloc(65_536);
      const pour = (): void => {
        while (!socket.destroyed && socket.write(block));
      };
      socket.on("drain", pour);
      pour();
    });
    using record = recordSockets();
    await assertFails(get(host.url, { maxBytes: 3_000_000 }), "too_large");
    const [socket] = record.opened as [Socket];
    assert.ok(socket.bytesRead <= 3_000_000 + 65_536 + 200, `read ${socket.bytesRead}`);
  });

  test("is nothing after an abort", async () => {
    using record = recordSockets();
    await assert.rejects(get("http://127.0.0.1:9/", { signal: AbortSignal.abort(new Error("gone")) }), /gone/);
    assert.equal(record.opened.length, 0);
  });
});

test("at most four fetches of one caller run at once, and another caller is not held up by them", async () => {
  let running = 0;
  let most = 0;
  await using host = await startRawHost((socket, head) => {
    if (head.startsWith("GET /modest")) return answer(["200 OK"])(socket, head);
    running += 1;
    most = Math.max(most, running);
    setTimeout(() => {
      running -= 1;
      answer(["200 OK"])(socket, head);
    }, 100);
  });
  let greedyLeft = 10;
  const greedy = Array.from({ length: greedyLeft }, async () => {
    await get(`${host.url}/greedy`, { callerKey: "greedy" });
    greedyLeft -= 1;
  });
  await get(`${host.url}/modest`, { callerKey: "modest" });
  assert.ok(greedyLeft >= 6, "the modest caller waited for the greedy one");
  await Promise.all(greedy);
  assert.equal(most, 4);
});

describe("what a caller learns", { concurrency: true }, () => {
  test("is the same text on a whole second, whether the place is forbidden, closed or answers badly", async () => {
    await using bad = await startRawHost(answer(["500 Internal Error", "x-secret: 10.1.2.3"], "secret"));
    await using gone = await startRawHost((socket) => socket.destroy());
    const urls = ["http://10.0.0.1/", "http://127.0.0.2:1/", "http://127.0.0.1:1/", bad.url, gone.url, "http://[::1]/"];
    const seen = await Promise.all(
      urls.map(async (url, index) => {
        const startedAtMs = performance.now();
        const error = await get(url, { callerKey: String(index) }).then(
          () => assert.fail(),
          (e: Error) => e,
        );
        const elapsedMs = performance.now() - startedAtMs;
        assert.ok(elapsedMs > 950 && elapsedMs < 1900, `${url} took ${elapsedMs} ms`);
        return error.message;
      }),
    );
    assert.deepEqual(new Set(seen), new Set(["media could not be fetched"]));
  });

  test("may be that fetching is off, that the URL is none, or that it is too large", async () => {
    const off = createMediaFetcher({ ...LOCAL, enabled: false });
    assert.match((await assertFails(get("http://127.0.0.1/", { by: off }), "disabled")).message, /switched off/);
    for (const url of ["ftp://127.0.0.1/", "http://user@127.0.0.1/", "not a url", ""]) {
      assert.match((await assertFails(get(url), "invalid_url")).message, /http or https/);
    }
  });
});

describe("the fetcher", () => {
  test("refuses a policy it cannot read", () => {
    assert.throws(() => createMediaFetcher({ ...LOCAL, allowedNetworks: ["10.0.0.0/99"] }), /10\.0\.0\.0\/99/);
    assert.throws(() => createMediaFetcher({ ...LOCAL, deniedHosts: ["https://x"] }), /https:\/\/x/);
  });

  test("obeys host lists", async () => {
    await using host = await startRawHost(answer(["200 OK"], "x"));
    const lookup = async () => [{ address: "127.0.0.1", family: 4 }];
    const by = createMediaFetcher({
      ...LOCAL,
      lookup,
      allowedHosts: ["*.good.example"],
      deniedHosts: ["bad.good.example"],
    });
    await get(`http://cdn.good.example:${host.port}/`, { by });
    await Promise.all(
      ["127.0.0.1", "evil.example", "bad.good.example", "BAD.good.example."].map((name) =>
        assertFails(get(`http://${name}:${host.port}/`, { by, callerKey: name }), "forbidden"),
      ),
    );
    assert.equal(host.connectionCount, 1);
  });

  test("ends what is running when it is closed, and starts nothing any more", async () => {
    await using host = await startRawHost(() => {});
    const by = createMediaFetcher(LOCAL);
    const running = get(host.url, { by });
    running.catch(() => {});
    while (host.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await by.close();
    await assertFails(running, "unreachable");
    await assertFails(get(host.url, { by }), "unreachable");
    assert.equal(host.connectionCount, 1);
  });

  test("pays no heed to proxy variables of the environment", async () => {
    await using proxy = await startRawHost(answer(["200 OK"], "from the proxy"));
    await using host = await startRawHost(answer(["200 OK"], "from the host"));
    const script = `
      import { createMediaFetcher } from ${JSON.stringify(new URL("../../src/media/fetch.ts", import.meta.url).href)};
      const by = createMediaFetcher(${JSON.stringify(LOCAL)});
      const { pieces } = await by.open(${JSON.stringify(host.url)}, { signal: new AbortController().signal, maxBytes: 1000, callerKey: "" });
      for await (const piece of pieces) process.stdout.write(piece);`;
    const proxies = Object.fromEntries(
      ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"].map((name) => [
        name,
        proxy.url,
      ]),
    );
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      env: { ...process.env, ...proxies, NODE_USE_ENV_PROXY: "1" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await once(child, "close");
    assert.equal(output, "from the host");
    assert.equal(proxy.connectionCount, 0);
  });
});
