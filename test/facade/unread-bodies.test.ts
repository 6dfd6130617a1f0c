// Goal: whoever is refused before the body was read can read why, also a client that writes its whole body before it reads anything; and
// what is thrown away meanwhile costs no memory, no place in the budget, and no time when the gateway stops.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";
import { chatRequest, head, toAnswer } from "./raw.ts";

const MB = 1_000_000;
/** Under the limit of a body, but over what all bodies together may hold. */
const BUDGET_BYTES = 3 * MB;

let usual: TestGateway;
let narrow: TestGateway;
before(async () => {
  usual = await startGateway({ BUFFERED_BODIES_MAX_BYTES: String(BUDGET_BYTES), REQUEST_BODY_TIMEOUT_MS: "1000" });
  narrow = await startGateway({ REQUEST_BODY_MAX_BYTES: String(MB) });
});
after(async () => {
  await usual[Symbol.asyncDispose]();
  await narrow[Symbol.asyncDispose]();
});

interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
}

/** What a client could read: the status and OpenAI's code. */
type Read = readonly [status: number, code: unknown];

const BODY = Buffer.alloc(120 * MB, " ");
const codeOf = (text: string): unknown => (JSON.parse(text) as { error?: { code: unknown } }).error?.code;

async function withFetch({ url, headers, bytes }: Post): Promise<Read> {
  const response = await fetch(url, { method: "POST", headers, body: BODY.subarray(0, bytes) });
  return [response.status, codeOf(await response.text())];
}

/** Rejects when an error comes before the answer; behind it, a client that still writes may meet the end of the connection. */
async function answerTo(sent: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  sent.on("error", () => undefined);
  return response;
}

async function withNode({ url, headers, bytes }: Post): Promise<Read> {
  const sent = httpRequest(url, { method: "POST", agent: false, headers: { ...headers, "content-length": bytes } });
  sent.end(BODY.subarray(0, bytes));
  const response = await answerTo(sent);
  let text = "";
  for await (const piece of response) text += String(piece);
  return [response.statusCode ?? 0, codeOf(text)];
}

const PYTHON = process.env["CLIENTS_PYTHON"] ?? "python3";
const skipPython = spawnSync(PYTHON, ["--version"]).status === 0 ? false : `${PYTHON} is not there`;

/** http.client writes a body whole before it reads. The last argument: seconds of silence in the middle of it. */
const SCRIPT = `
import http.client, json, sys, time, urllib.parse
url, headers, size, pause = urllib.parse.urlsplit(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
def pieces():
    yield b" " * (size // 2)
    time.sleep(pause)
    yield b" " * (size - size // 2)
connection = http.client.HTTPConnection(url.netloc)
connection.request("POST", url.path, pieces(), {**headers, "content-length": str(size)})
response = connection.getresponse()
print(json.dumps([response.status, json.loads(response.read())["error"]["code"]]))
`;

async function withPython({ url, headers, bytes }: Post, pauseS = 0): Promise<Read> {
  const options = ["-c", SCRIPT, url, JSON.stringify(headers), String(bytes), String(pauseS)];
  const { stdout } = await promisify(execFile)(PYTHON, options, { timeout: 30_000 });
  return JSON.parse(stdout) as Read;
}

const CHAT = "/gemini/v1/chat/completions";
const good = { authorization: LICENCE, "content-type": "application/json" };

interface Refusal {
  readonly gateway?: () => TestGateway;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly expected: Read;
}

const refusals: Readonly<Record<string, Refusal>> = {
  "without a licence": { headers: { authorization: "nobody" }, expected: [401, "invalid_api_key"] },
  "to an unknown path": { path: "/gemini/v1/nope", expected: [404, null] },
  "by a wrong method": { path: "/gemini/v1/models", expected: [405, "method_not_supported"] },
  "that is too large": { gateway: () => narrow, expected: [413, "payload_too_large"] },
  "of a wrong type": { headers: { "content-type": "text/plain" }, expected: [415, "unsupported_media_type"] },
  "for which there is no memory": { expected: [503, "server_busy"] },
};

const clients: readonly (readonly [name: string, post: (post: Post) => Promise<Read>, skip: string | false])[] = [
  ["fetch", withFetch, false],
  ["node:http", withNode, false],
  ["Python's http.client", withPython, skipPython],
];

for (const [client, post, skip] of clients) {
  for (const [what, { gateway = () => usual, path = CHAT, headers = {}, expected }] of Object.entries(refusals)) {
    test(`HP-2, BP-5, AU-1: ${client} can read why a long body ${what} is refused`, { skip }, async () => {
      for (const bytes of [3 * MB, 4 * MB, 20 * MB, BODY.length]) {
        if (expected[0] === 503 && (bytes <= BUDGET_BYTES || bytes > 100 * MB)) continue;
        const url = `${gateway().app.http}${path}`;
        assert.deepEqual(await post({ url, headers: { ...good, ...headers }, bytes }), expected, `${bytes} bytes`);
      }
    });
  }
}

test("HP-1: Python's http.client can read that its body came too late", { skip: skipPython }, async () => {
  const post = { url: `${usual.app.http}${CHAT}`, headers: good, bytes: 2 * MB };
  assert.deepEqual(await withPython(post, 1.5), [408, "request_timeout"]);
});

test("HP-2: a body in chunks that turns out too large is refused readably", async () => {
  const url = `${narrow.app.http}${CHAT}`;
  const sent = httpRequest(url, { method: "POST", agent: false, headers: good });
  sent.write(BODY.subarray(0, 20 * MB));
  sent.end();
  const response = await answerTo(sent);
  response.resume();
  assert.equal(response.statusCode, 413);
  assert.equal(response.headers.connection, "close");
});

test("BP-5: of forty callers that send 20 MB at once, each reads an answer or that we are busy", async () => {
  await using gateway = await startGateway({ BUFFERED_BODIES_MAX_BYTES: String(50 * MB) });
  const url = `${gateway.app.http}${CHAT}`;
  const small = JSON.stringify({ model: "gemini-3.8-flash", messages: [{ role: "user", content: "hi" }] });
  // The crowd keeps this process busy for seconds, too long for a first connection to Gemini.
  assert.equal((await gateway.post(small)).status, 200);
  const body = Buffer.from(small.padEnd(20 * MB));
  const answers = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const headers = { ...good, "content-length": body.length };
      const sent = httpRequest(url, { method: "POST", agent: false, headers });
      sent.end(body);
      const response = await answerTo(sent);
      response.resume();
      return response.statusCode;
    }),
  );
  const served = answers.filter((status) => status === 200).length;
  assert.ok(served > 0, answers.join(" "));
  assert.equal(answers.filter((status) => status === 503).length, answers.length - served, answers.join(" "));
});

test("what is thrown away counts in no budget", async () => {
  const refused = new BareClient(usual.app.http);
  refused.socket.write(chatRequest("", { "content-length": null, "transfer-encoding": "chunked" }));
  refused.socket.write(`${(4 * MB).toString(16)}\r\n`);
  refused.socket.write(BODY.subarray(0, 4 * MB));
  assert.equal(toAnswer(await refused.untilText("}}")).status, 503);
  // The connection still lingers.
  refused.socket.write(BODY.subarray(0, MB));
  const url = `${usual.app.http}${CHAT}`;
  assert.deepEqual(await withNode({ url, headers: good, bytes: BUDGET_BYTES }), [400, "invalid_json"]);
  assert.equal(refused.socket.destroyed, false);
  refused.socket.destroy();
});

test("AU-1: of a body without an end no more than a few hundred megabytes are thrown away, and none is kept", async () => {
  const client = new BareClient(usual.app.http);
  client.socket.write(head(`POST ${CHAT}`, { "content-type": "application/json", "content-length": 1e12 }));
  assert.equal(toAnswer(await client.untilText("}}")).status, 401);
  const before = process.memoryUsage.rss();
  let sent = 0;
  const sendMore = (): void => {
    do sent += MB;
    while (client.socket.write(BODY.subarray(0, MB)) && sent < 1_000 * MB);
  };
  client.socket.on("drain", sendMore);
  sendMore();
  await client.untilEnd();
  assert.ok(sent > 120 * MB && sent < 300 * MB, `${sent} bytes were taken`);
  const grownBytes = process.memoryUsage.rss() - before;
  assert.ok(grownBytes < 150 * MB, `RSS grew by ${grownBytes}`);
});

test("a refused client that sends no more, and stays, is told the end of the connection", async () => {
  const client = new BareClient(usual.app.http);
  client.socket.write(chatRequest("", { "content-length": 100 * MB }));
  assert.equal(toAnswer((await client.untilEnd()).text).status, 503);
});

test("HP-1: a refused client that only drips is told the end of the connection as well", async () => {
  const client = new BareClient(usual.app.http);
  client.socket.write(chatRequest("", { "content-length": 100 * MB }));
  const dripping = setInterval(() => client.socket.write(" "), 50);
  assert.equal(toAnswer((await client.untilEnd()).text).status, 503);
  clearInterval(dripping);
});

test("what follows a refused body on its connection is not served", async () => {
  const client = new BareClient(usual.app.http);
  const refused = head(`POST ${CHAT}`, { "content-length": 2 * MB });
  client.socket.write(Buffer.concat([Buffer.from(refused), BODY.subarray(0, 2 * MB)]));
  client.socket.write(head("GET /healthz"));
  const { text } = await client.untilEnd();
  assert.equal(text.match(/HTTP\/1\.1 /g)?.length, 1, text);
});

test("a request that was answered without its body gets no second answer when the rest of it does not come", async () => {
  await using gateway = await startGateway({ HEADERS_TIMEOUT_MS: "500", REQUEST_BODY_TIMEOUT_MS: "500" });
  const client = new BareClient(gateway.app.http);
  client.socket.write(head("GET /healthz", { "content-length": 10 }));
  const { text } = await client.untilEnd();
  assert.equal(text.match(/HTTP\/1\.1 /g)?.length, 1, text);
});

test("a drain does not wait for those who only might still read", async () => {
  await using gateway = await startGateway({ SHUTDOWN_GRACE_MS: "20000" });
  const clients = Array.from({ length: 20 }, () => new BareClient(gateway.app.http));
  for (const { socket } of clients) {
    socket.write(head(`POST ${CHAT}`, { "content-length": 100 * MB }));
    const sending = setInterval(() => socket.write("x"), 50);
    socket.once("close", () => clearInterval(sending));
  }
  await Promise.all(clients.map((client) => client.untilText("}}")));
  await sleep(100);
  const startedMs = performance.now();
  await gateway.app.drain();
  assert.ok(performance.now() - startedMs < 3_000, `${performance.now() - startedMs} ms`);
  await Promise.all(clients.map((client) => client.untilEnd()));
});
