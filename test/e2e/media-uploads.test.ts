// Goal: media too large for a request reach Gemini through the Files API, whoever asks and whatever fails on the way, in bounded
// memory. Method: whole gateways on real sockets, over the emulator and over a small Files API that misbehaves on demand.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ChatService, Role } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { startBigMediaHost, type BigMediaHost } from "../support/big-media-host.ts";
import { googleError, startFilesUpstream, type Behaviour, type FilesUpstream } from "../support/files-upstream.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";

const MIB = 1_048_576;
const SETTINGS = { MEDIA_ALLOWED_NETWORKS: "127.0.0.1/32", MEDIA_ITEM_MAX_BYTES: "1MiB" };
const MODEL = "gemini-3.8-flash";

let host: BigMediaHost;
before(async () => {
  host = await startBigMediaHost();
});
after(() => host[Symbol.asyncDispose]());

const film = (bytes: number, query = ""): string => `${host.origin}/film?bytes=${bytes}${query}`;

function asking(url: string, more: object = {}): object {
  const content = [
    { type: "text", text: "What is this?" },
    { type: "video_url", video_url: { url } },
  ];
  return { model: MODEL, messages: [{ role: "user", content }], ...more };
}

async function until(condition: () => boolean, what: string, timeoutMs = 10_000): Promise<void> {
  for (const endsAtMs = performance.now() + timeoutMs; !condition();) {
    assert.ok(performance.now() < endsAtMs, what);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The fields of the log lines with this message. */
function logged(gateway: TestGateway, message: string): Record<string, unknown>[] {
  return gateway.log.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === message);
}

type Rig = AsyncDisposable & { upstream: FilesUpstream; gateway: TestGateway };

async function startRig(behaviour: Behaviour = {}, settings: Record<string, string> = {}): Promise<Rig> {
  const upstream = await startFilesUpstream();
  upstream.behaviour = behaviour;
  const gateway = await startGateway({ GEMINI_BASE_URL: upstream.origin, ...SETTINGS, ...settings });
  return {
    upstream,
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

/** What is looked at of answers. */
type Answer = { choices: { message: { content: string } }[]; error: Record<string, string> };

/** Sends and asserts the status; the body. */
async function ask(gateway: TestGateway, body: object, status = 200): Promise<Answer> {
  const response = await gateway.post(body);
  const text = await response.text();
  assert.equal(response.status, status, text);
  return JSON.parse(text) as Answer;
}

const fileUris = ({ upstream }: Rig): string[] =>
  upstream.calls.flatMap(({ body }) => [...body.matchAll(/"fileUri":"([^"]+)"/g)].map(([, uri]) => uri ?? ""));

describe("over the emulator", () => {
  test("a film of a URL beyond the limit is uploaded, waited for, and found again by its validator", async () => {
    await using gateway = await startGateway(SETTINGS);
    const url = film(20 * MIB, "&length&etag=emulator");
    for (let times = 0; times < 2; times++) {
      assert.match((await ask(gateway, asking(url))).choices[0]?.message.content ?? "", /video/);
    }
    assert.deepEqual(
      logged(gateway, "media placed").map(({ uploaded, reused, uploadedBytes, inline }) => [
        uploaded,
        reused,
        uploadedBytes,
        inline,
      ]),
      [
        [1, 0, 20 * MIB, 0],
        [0, 1, 0, 0],
      ],
    );
    const metrics = await (await gateway.get("/metrics")).text();
    assert.match(metrics, /gemini_gateway_media_items_total\{route="uploaded"\} 1\b/);
    assert.match(metrics, /gemini_gateway_media_items_total\{route="reused"\} 1\b/);
    assert.match(metrics, /gemini_gateway_media_uploaded_bytes_total 20971520\b/);
  });

  test("a film in the body beyond the limit is uploaded and found again by its bytes", async () => {
    await using gateway = await startGateway(SETTINGS);
    const bytes = Buffer.concat([Buffer.from("\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "latin1"), Buffer.alloc(3 * MIB)]);
    const url = `data:video/mp4;base64,${bytes.toString("base64")}`;
    await ask(gateway, asking(url));
    await ask(gateway, asking(url));
    assert.deepEqual(
      logged(gateway, "media placed").map(({ uploaded, reused }) => [uploaded, reused]),
      [
        [1, 0],
        [0, 1],
      ],
    );
  });

  test("a gif arrives as the picture of its first frame, with a warning", async () => {
    await using gateway = await startGateway(SETTINGS);
    const gif = "R0lGODlhAQABAIAAAP8AAAAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==";
    const image = { type: "image_url", image_url: { url: `data:image/gif;base64,${gif}` } };
    const content = [{ type: "text", text: "What is this?" }, image];
    const response = await gateway.post({ model: MODEL, messages: [{ role: "user", content }] });
    assert.equal(response.status, 200, await response.clone().text());
    assert.match(response.headers.get("x-gateway-warnings") ?? "", /gif_first_frame:messages/);
    assert.match(await response.text(), /image\/png|png/);
  });
});

test("no more than a chunk and a bit is held, however large the film is, with and without a length", async () => {
  // 300 shows the real thing, in some seconds.
  const bytes = Number(process.env["BIG_MEDIA_MB"] ?? 64) * 1_000_000;
  await using rig = await startRig();
  let mostUnderWay = 0;
  let mostMemory = 0;
  const memoryBefore = process.memoryUsage().arrayBuffers;
  const watch = setInterval(() => {
    // What the host could send and the upstream has not received lies in sockets and in the gateway.
    mostUnderWay = Math.max(mostUnderWay, host.sent - rig.upstream.received);
    mostMemory = Math.max(mostMemory, process.memoryUsage().arrayBuffers - memoryBefore);
  }, 1);
  try {
    for (const query of ["&length", ""]) {
      host.sent = 0;
      rig.upstream.received = 0;
      await ask(rig.gateway, asking(film(bytes, query)));
      assert.equal(rig.upstream.received, bytes);
    }
  } finally {
    clearInterval(watch);
  }
  // One chunk, and what two sockets of this machine buffer on either side.
  assert.ok(mostUnderWay < 24 * MIB, `${mostUnderWay} bytes were under way at once`);
  // With all that nobody has collected yet, of the host and the upstream in this process too: the same for any size.
  assert.ok(mostMemory < 160 * MIB, `${mostMemory} bytes of buffers`);
});

describe("an upload", () => {
  test("is shared by all who ask at once, and by countTokens; the caller never learns the file", async () => {
    await using rig = await startRig();
    const url = film(4 * MIB, "&etag=shared");
    const answers = await Promise.all([1, 2, 3].map(() => ask(rig.gateway, asking(url))));
    assert.equal(rig.upstream.files.size, 1);
    assert.deepEqual(new Set(fileUris(rig)), new Set(["https://generativelanguage.googleapis.com/v1beta/files/f0"]));
    assert.ok(!JSON.stringify(answers).includes("files/f0"));
    const client = createClient(ChatService, createGrpcTransport({ baseUrl: `http://${rig.gateway.app.grpc}` }));
    const media = { source: { case: "uri" as const, value: url } };
    const messages = [{ role: Role.USER, parts: [{ kind: { case: "media" as const, value: media } }] }];
    const headers = { authorization: LICENCE };
    const { totalTokens } = await client.countTokens({ chatRequest: { model: MODEL, messages } }, { headers });
    assert.equal(totalTokens, 7);
    assert.equal(rig.upstream.files.size, 1);
  });

  test("goes to the project that is asked, and once more to the next one", async () => {
    const keys = { GEMINI_API_KEYS: "one:key-of-one,two:key-of-two" };
    let refused = 0;
    await using rig = await startRig(
      { generate: () => (refused++ === 0 ? googleError(429, "RESOURCE_EXHAUSTED", "Quota exceeded.") : undefined) },
      keys,
    );
    await ask(rig.gateway, asking(film(4 * MIB, "&length")));
    assert.deepEqual(
      new Set([...rig.upstream.files.values()].map(({ key }) => key)),
      new Set(["key-of-one", "key-of-two"]),
    );
    const [first, second] = rig.upstream.calls;
    assert.notEqual(first?.key, second?.key);
    assert.equal(rig.upstream.files.get("files/f1")?.size, 4 * MIB);
  });

  test("stays with its project when that project only falters, and comes back to it", async () => {
    const keys = { GEMINI_API_KEYS: "one:key-of-one,two:key-of-two" };
    let calls = 0;
    await using rig = await startRig(
      { generate: () => (calls++ === 0 ? googleError(503, "UNAVAILABLE", "Overloaded.") : undefined) },
      keys,
    );
    for (let times = 0; times < 3; times++) await ask(rig.gateway, asking(film(2 * MIB, "&length&etag=stays")));
    assert.equal(rig.upstream.files.size, 1);
    assert.equal(new Set(rig.upstream.calls.map(({ key }) => key)).size, 1);
  });

  test("draws other conversations to the project that has the file", async () => {
    await using rig = await startRig({}, { GEMINI_API_KEYS: "one:key-of-one,two:key-of-two,three:key-of-three" });
    const url = film(2 * MIB, "&length&etag=home");
    for (const name of ["a", "b", "c", "d", "e"]) await ask(rig.gateway, asking(url, { prompt_cache_key: name }));
    assert.equal(rig.upstream.sessions.length, 1);
    assert.equal(new Set(rig.upstream.calls.map(({ key }) => key)).size, 1);
  });

  test("serves all answers of a request, and what is sent again after a correction", async () => {
    let calls = 0;
    const refusal = googleError(400, "INVALID_ARGUMENT", "Thought signature is not valid.");
    await using rig = await startRig({ generate: () => (calls++ === 0 ? refusal : undefined) });
    const { choices } = await ask(rig.gateway, asking(film(2 * MIB, "&length"), { n: 2 }));
    assert.equal(choices.length, 2);
    assert.equal(rig.upstream.calls.length, 3);
    assert.equal(rig.upstream.sessions.length, 1);
    assert.equal(new Set(fileUris(rig)).size, 1);
    assert.equal(logged(rig.gateway, "media placed").length, 1, "told once");
  });

  test("for several answers of which one fails is given back, and every call is told", async () => {
    await using rig = await startRig({
      generate: (_, calls) => (calls === 3 ? googleError(400, "INVALID_ARGUMENT", "No.") : undefined),
    });
    const body = asking(film(2 * MIB), { n: 3, stream: true });
    assert.equal((await ask(rig.gateway, body, 400)).error["message"], "No.");
    const metrics = await (await rig.gateway.get("/metrics")).text();
    const told = [...metrics.matchAll(/^gemini_gateway_upstream_attempts_total\{outcome="(\w+)"\} (\d+)$/gm)];
    assert.deepEqual(Object.fromEntries(told.map(([, outcome, count]) => [outcome, count])), {
      CANCELLED: "2",
      UPSTREAM_INVALID_ARGUMENT: "1",
    });
    await until(() => host.openConnections === 0, "the host was left hanging");
  });

  test("of a tool's result stands in a turn beside it, since Gemini reads no files inside it", async () => {
    await using rig = await startRig({}, { MEDIA_ITEM_MAX_BYTES: "1KiB" });
    const picture = Buffer.concat([Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), Buffer.alloc(2000)]);
    const image = { type: "image_url", image_url: { url: `data:image/png;base64,${picture.toString("base64")}` } };
    const call = { id: "call_1", type: "function", function: { name: "shot", arguments: "{}" } };
    await ask(rig.gateway, {
      model: MODEL,
      tools: [{ type: "function", function: { name: "shot" } }],
      messages: [
        { role: "user", content: "Look." },
        { role: "assistant", tool_calls: [call] },
        { role: "tool", tool_call_id: "call_1", content: [{ type: "text", text: "seen" }, image] },
      ],
    });
    const { contents } = JSON.parse(rig.upstream.calls[0]?.body ?? "{}") as { contents: { parts: object[] }[] };
    assert.deepEqual(contents.at(-1)?.parts.at(-1), {
      fileData: { mimeType: "image/png", fileUri: "https://generativelanguage.googleapis.com/v1beta/files/f0" },
    });
  });

  test("is done again, once, when the file is gone", async () => {
    await using rig = await startRig();
    const url = film(2 * MIB, "&length&etag=gone");
    await ask(rig.gateway, asking(url));
    rig.upstream.files.clear();
    await ask(rig.gateway, asking(url, { retry_attempt: 0 }));
    assert.equal(rig.upstream.sessions.length, 2);
    assert.equal(rig.upstream.calls.length, 3);
    const [{ attempts } = {}] = logged(rig.gateway, "call finished").slice(-1);
    assert.equal(attempts, 2, "both calls are told");
    const [refused] = logged(rig.gateway, "attempt finished").filter(({ outcome }) => outcome !== "OK");
    assert.deepEqual([refused?.["outcome"], refused?.["retried"]], ["UPSTREAM_INVALID_ARGUMENT", true]);
  });

  test("is not done again for a refusal that has another cause, nor where it cannot be known", async () => {
    await using rig = await startRig();
    const url = film(2 * MIB, "&length&etag=refused");
    await ask(rig.gateway, asking(url));
    rig.upstream.behaviour.generate = () => googleError(400, "INVALID_ARGUMENT", "No.");
    assert.equal((await ask(rig.gateway, asking(url), 400)).error["message"], "No.");
    rig.upstream.behaviour.state = () => {
      throw new Error("the store is out of order");
    };
    assert.equal((await ask(rig.gateway, asking(url), 400)).error["message"], "No.");
    assert.equal(rig.upstream.sessions.length, 1);
    assert.equal(rig.upstream.calls.length, 3);
  });

  test("of media that Gemini cannot process is a 400 naming the part", async () => {
    await using rig = await startRig({ state: ({ polls }) => (polls === 0 ? "PROCESSING" : "FAILED") });
    const { error } = await ask(rig.gateway, asking(film(2 * MIB)), 400);
    assert.equal(error["code"], "invalid_value");
    assert.equal(error["param"], "messages[0].content[1].video_url.url");
    assert.match(error["message"] ?? "", /could not process/);
    assert.equal(rig.upstream.calls.length, 0);
  });

  test("that stalls is tried anew and then a 502", async () => {
    await using rig = await startRig({ chunk: () => "stall" }, { UPLOAD_STEP_TIMEOUT_MS: "300" });
    const { error } = await ask(rig.gateway, asking(film(2 * MIB, "&length")), 502);
    assert.equal(error["code"], "upload_failed");
    assert.equal(rig.upstream.sessions.length, 2);
    await until(() => host.openConnections === 0, "the host was left hanging");
  });

  test("of more than a file may have is a 413 naming the part", async () => {
    await using rig = await startRig({}, { MEDIA_FILE_MAX_BYTES: "3MiB" });
    for (const query of ["&length", ""]) {
      const { error } = await ask(rig.gateway, asking(film(4 * MIB, query)), 413);
      assert.equal(error["param"], "messages[0].content[1].video_url.url");
    }
    assert.equal(rig.upstream.calls.length, 0);
  });

  test("is not made where it is switched off", async () => {
    await using rig = await startRig({}, { MEDIA_UPLOAD: "off" });
    await ask(rig.gateway, asking(film(2 * MIB)), 413);
    assert.equal(rig.upstream.sessions.length, 0);
  });

  test("whose caller leaves in the middle closes both sides", async () => {
    await using rig = await startRig({ chunk: ({ offset }) => (offset > 0 ? "stall" : undefined) });
    const caller = new AbortController();
    const asked = rig.gateway.post(asking(film(40 * MIB, "&length")), {}, caller.signal);
    await until(() => rig.upstream.requests.filter(({ method }) => method === "POST").length >= 3, "no second chunk");
    const before = rig.upstream.openConnections;
    caller.abort();
    await assert.rejects(asked);
    await until(() => host.openConnections === 0, "the host was left hanging");
    await until(() => rig.upstream.openConnections < before, "the upload was left hanging");
    assert.equal(rig.upstream.files.size, 0);
  });

  test("of one caller who leaves goes on for the other", async () => {
    await using rig = await startRig({ state: ({ polls }) => (polls < 2 ? "PROCESSING" : "ACTIVE") });
    const url = film(4 * MIB, "&length&etag=leaves");
    const caller = new AbortController();
    const first = rig.gateway.post(asking(url), {}, caller.signal);
    await until(() => rig.upstream.sessions.length === 1, "no upload");
    const second = ask(rig.gateway, asking(url));
    await until(() => rig.upstream.files.size === 1, "no file");
    caller.abort();
    await assert.rejects(first);
    await second;
    assert.equal(rig.upstream.sessions.length, 1);
  });

  test("keeps a stream alive while it lasts", async () => {
    await using rig = await startRig(
      { state: ({ polls }) => (polls < 4 ? "PROCESSING" : "ACTIVE") },
      { STREAM_COMMIT_DELAY_MS: "200", KEEP_ALIVE_INTERVAL_MS: "400" },
    );
    const response = await rig.gateway.post(asking(film(2 * MIB), { stream: true }));
    assert.equal(response.status, 200);
    const text = await response.text();
    assert.ok(text.split("\n").filter((line) => line.startsWith(":")).length >= 3, text);
    assert.match(text, /seen[\s\S]*\[DONE\]/);
  });
});

test("a URL is handed to Google where the operator wants that, and nobody fetches it here", async () => {
  await using rig = await startRig({}, { MEDIA_HAND_OVER: "on", MEDIA_FETCH: "off" });
  await ask(rig.gateway, asking("https://example.com/film.mp4?signature=x"));
  assert.deepEqual(fileUris(rig), ["https://example.com/film.mp4?signature=x"]);
  const [line] = logged(rig.gateway, "media placed");
  assert.deepEqual([line?.["handedOver"], line?.["uploaded"]], [1, 0]);
  await ask(rig.gateway, asking(film(10)), 400);
});
