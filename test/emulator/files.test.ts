// The Files API: resumable uploads, states, projects, bounds, and files that requests refer to.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { request } from "node:http";
import { mock, test } from "node:test";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ask, startTestEmulator, textOf, type TestEmulator } from "./client.ts";

const GRANULE = 8 * 1024 * 1024;
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const KEYS = [
  { project: "one", key: "one-a" },
  { project: "one", key: "one-b" },
  { project: "two", key: "two-a" },
];

interface Upload {
  readonly mimeType?: string;
  readonly file?: object;
  readonly key?: string;
  readonly sizeBytes?: number;
}

async function start(emulator: TestEmulator, { mimeType = "image/png", file = {}, key = "one-a", sizeBytes }: Upload) {
  return fetch(`${emulator.origin}/upload/v1beta/files`, {
    method: "POST",
    headers: {
      "x-goog-api-key": key,
      "X-Goog-Upload-Protocol": "resumable",
      "X-Goog-Upload-Command": "start",
      "X-Goog-Upload-Header-Content-Type": mimeType,
      ...(sizeBytes !== undefined && { "X-Goog-Upload-Header-Content-Length": String(sizeBytes) }),
    },
    body: JSON.stringify({ file }),
  });
}

async function addressOf(response: Response): Promise<string> {
  assert.equal(response.status, 200, await response.text());
  return response.headers.get("x-goog-upload-url") ?? "";
}

const command = (address: string, name: string, offset?: number, body: Buffer = Buffer.alloc(0)) =>
  fetch(address, {
    method: "POST",
    headers: {
      "X-Goog-Upload-Command": name,
      ...(offset !== undefined && { "X-Goog-Upload-Offset": String(offset) }),
    },
    body: new Uint8Array(body),
  });

// Answers are asserted on, not typed.
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

const errorOf = async (response: Response): Promise<Json> => ((await response.json()) as Json).error;

/** Uploads in one request and returns the file resource. */
async function upload(emulator: TestEmulator, content: Buffer, options: Upload = {}): Promise<Json> {
  const address = await addressOf(await start(emulator, { sizeBytes: content.length, ...options }));
  const response = await command(address, "upload, finalize", 0, content);
  assert.equal(response.headers.get("x-goog-upload-status"), "final");
  return ((await response.json()) as Json).file;
}

const refer = (file: Json, question = "What is it?") => ({
  contents: [
    { role: "user", parts: [{ text: question }, { fileData: { mimeType: file.mimeType, fileUri: file.uri } }] },
  ],
});

const generate = (emulator: TestEmulator, body: object, key = "one-a") =>
  emulator.post("/v1beta/models/gemini-3.8-flash:generateContent", body, { "x-goog-api-key": key });

test("an upload in one request becomes a file with the recorded fields", async () => {
  await using emulator = await startTestEmulator({ keys: KEYS });
  const begun = await start(emulator, { sizeBytes: PNG.length, file: { display_name: "dot.png" } });
  assert.equal(begun.headers.get("x-goog-upload-status"), "active");
  assert.equal(begun.headers.get("x-goog-upload-chunk-granularity"), String(GRANULE));
  const address = await addressOf(begun);
  assert.ok(address.startsWith(`${emulator.origin}/upload/v1beta/files?upload_id=`), address);
  const { file } = (await (await command(address, "upload, finalize", 0, PNG)).json()) as Json;
  assert.deepEqual(Object.keys(file), [
    "name",
    "displayName",
    "mimeType",
    "sizeBytes",
    "createTime",
    "updateTime",
    "expirationTime",
    "sha256Hash",
    "uri",
    "state",
    "source",
  ]);
  assert.equal(file.displayName, "dot.png");
  assert.equal(file.sizeBytes, String(PNG.length));
  assert.equal(file.state, "ACTIVE");
  assert.equal(file.uri, `https://generativelanguage.googleapis.com/v1beta/${file.name}`);
  assert.equal(Date.parse(file.expirationTime) - Date.parse(file.createTime), 48 * 3_600_000);
  const hex = createHash("sha256").update(PNG).digest("hex");
  assert.equal(Buffer.from(file.sha256Hash, "base64").toString(), hex);
});

test("an upload in chunks is one file, and a query tells how far it got", async () => {
  await using emulator = await startTestEmulator({ keys: KEYS });
  const content = Buffer.concat([PNG, Buffer.alloc(2 * GRANULE, 7), Buffer.from("end")]);
  const address = await addressOf(await start(emulator, { sizeBytes: content.length }));
  assert.equal((await command(address, "query")).headers.get("x-goog-upload-size-received"), "0");
  for (const offset of [0, GRANULE]) {
    const chunk = await command(address, "upload", offset, content.subarray(offset, offset + GRANULE));
    assert.equal(chunk.headers.get("x-goog-upload-status"), "active");
  }
  const asked = await command(address, "query");
  assert.equal(asked.headers.get("x-goog-upload-size-received"), String(2 * GRANULE));
  const last = await command(address, "upload, finalize", 2 * GRANULE, content.subarray(2 * GRANULE));
  const { file } = (await last.json()) as Json;
  assert.equal(Buffer.from(file.sha256Hash, "base64").toString(), createHash("sha256").update(content).digest("hex"));
  const over = await command(address, "query");
  assert.equal(over.headers.get("x-goog-upload-status"), "final");
  assert.equal(over.headers.get("x-goog-upload-size-received"), String(content.length));
  const late = await command(address, "upload, finalize", 0, PNG);
  assert.equal(late.status, 400);
  assert.match((await errorOf(late)).message, /already been terminated/);
});

test("an upload that breaks off keeps its whole granules and goes on from there", async () => {
  await using emulator = await startTestEmulator({ keys: KEYS });
  const content = Buffer.alloc(GRANULE + GRANULE / 2, 5);
  const address = await addressOf(await start(emulator, { sizeBytes: content.length, mimeType: "text/plain" }));
  await new Promise<void>((resolve) => {
    const headers = {
      "X-Goog-Upload-Command": "upload, finalize",
      "X-Goog-Upload-Offset": "0",
      "Content-Length": content.length,
    };
    const broken = request(address, { method: "POST", headers });
    broken.on("error", () => resolve());
    broken.write(content.subarray(0, GRANULE + 1000), () => setTimeout(() => broken.destroy(new Error("gone")), 50));
  });
  let received = "0";
  for (let tries = 0; received === "0" && tries < 100; tries += 1) {
    received = (await command(address, "query")).headers.get("x-goog-upload-size-received") ?? "";
  }
  assert.equal(received, String(GRANULE));
  const rest = await command(address, "upload, finalize", GRANULE, content.subarray(GRANULE));
  const { file } = (await rest.json()) as Json;
  assert.equal(Buffer.from(file.sha256Hash, "base64").toString(), createHash("sha256").update(content).digest("hex"));
});

test("wrong offsets, sizes, commands and names are refused", async () => {
  await using emulator = await startTestEmulator({ keys: KEYS });
  const address = await addressOf(await start(emulator, { sizeBytes: PNG.length }));
  for (const [response, text] of [
    [await command(address, "upload, finalize", 5, PNG), /offset 5 does not match the 0 bytes/],
    [await command(address, "upload, finalize", undefined, PNG), /X-Goog-Upload-Offset is missing/],
    [await command(address, "upload", 0, PNG.subarray(0, 10)), /multiple of 8388608/],
    [await command(address, "upload, finalize", 0, Buffer.concat([PNG, PNG])), /larger than the/],
    [await command(address, "upload, finalize", 0, PNG.subarray(0, 10)), /ended after 10 bytes/],
    [await command(address, "append", 0, PNG), /Unknown upload command/],
    [await start(emulator, { sizeBytes: 2 ** 31 + 1 }), /at most 2147483648 bytes/],
    [await start(emulator, { mimeType: "" }), /MIME type/],
    [await start(emulator, { file: { name: "files/-x" } }), /not a valid file name/],
    [await start(emulator, { file: { colour: 1 } }), /Unknown name "colour" at 'file'/],
  ] as const) {
    assert.equal(response.status, 400);
    assert.match((await errorOf(response)).message, text);
  }
  assert.equal((await command(address, "upload, finalize", 0, PNG)).status, 200, "the upload itself goes on");
});

test("a cancelled upload is over", async () => {
  await using emulator = await startTestEmulator({ keys: KEYS });
  const address = await addressOf(await start(emulator, { sizeBytes: PNG.length }));
  assert.equal((await command(address, "cancel")).headers.get("x-goog-upload-status"), "cancelled");
  assert.equal((await command(address, "upload, finalize", 0, PNG)).status, 400);
});

test("files are named, listed by page and deleted, within their project only", async () => {
  await using emulator = await startTestEmulator({ keys: KEYS });
  for (const name of ["files/a-1", "files/a-2", "files/a-3"]) await upload(emulator, PNG, { file: { name } });
  const taken = await start(emulator, { file: { name: "files/a-1" } });
  assert.equal(taken.status, 409);
  assert.equal((await errorOf(taken)).status, "ALREADY_EXISTS");
  const as = (key: string) => ({ "x-goog-api-key": key });
  const page = await emulator.get("/v1beta/files?pageSize=2", as("one-b"));
  assert.deepEqual(
    page.json.files.map((file: Json) => file.name),
    ["files/a-3", "files/a-2"],
  );
  const rest = await emulator.get(`/v1beta/files?pageSize=2&pageToken=${page.json.nextPageToken}`, as("one-a"));
  assert.deepEqual(
    rest.json.files.map((file: Json) => file.name),
    ["files/a-1"],
  );
  assert.deepEqual((await emulator.get("/v1beta/files", as("two-a"))).json, {});
  const foreign = await emulator.get("/v1beta/files/a-1", as("two-a"));
  assert.equal(foreign.status, 403);
  assert.equal(foreign.json.error.status, "PERMISSION_DENIED");
  assert.equal(foreign.json.error.message, "You do not have permission to access the File a-1 or it may not exist.");
  const remove = (key: string) => fetch(`${emulator.origin}/v1beta/files/a-1`, { method: "DELETE", headers: as(key) });
  assert.equal((await remove("two-a")).status, 403);
  assert.deepEqual(await (await remove("one-b")).json(), {});
  assert.equal((await emulator.get("/v1beta/files/a-1", as("one-a"))).status, 403);
});

test("a key is needed, except for the address of an upload", async () => {
  await using emulator = await startTestEmulator({ keys: KEYS });
  assert.equal((await start(emulator, { key: "wrong" })).status, 400);
  assert.equal((await emulator.get("/v1beta/files", {})).status, 403);
});

test("a request may use a file of its project, by key of the same project too", async () => {
  await using emulator = await startTestEmulator({ keys: KEYS });
  const file = await upload(emulator, PNG);
  for (const key of ["one-a", "one-b"]) {
    const answer = await generate(emulator, refer(file), key);
    assert.equal(answer.status, 200, answer.text);
    assert.match(textOf(answer.json), /image\/png, 70 bytes, 1×1 pixels/);
  }
  const foreign = await generate(emulator, refer(file), "two-a");
  assert.equal(foreign.status, 403);
  assert.match(foreign.json.error.message, /^You do not have permission to access the File /);
  const counted = await emulator.post("/v1beta/models/gemini-3.8-flash:countTokens", refer(file), {
    "x-goog-api-key": "one-a",
  });
  assert.equal(counted.json.promptTokensDetails[1].modality, "IMAGE");
});

test("a video is processed for some polls and may not be used before", async () => {
  await using emulator = await startTestEmulator({ keys: KEYS });
  const file = await upload(emulator, Buffer.alloc(1000, 1), { mimeType: "video/mp4" });
  assert.equal(file.state, "PROCESSING");
  const early = await generate(emulator, refer(file));
  assert.equal(early.status, 400);
  assert.equal(early.json.error.status, "FAILED_PRECONDITION");
  const id = file.name.slice("files/".length);
  assert.equal(early.json.error.message, `The File ${id} is not in an ACTIVE state and usage is not allowed.`);
  const states: string[] = [];
  for (let poll = 0; poll < 3; poll += 1) {
    states.push((await emulator.get(`/v1beta/${file.name}`, { "x-goog-api-key": "one-a" })).json.state);
  }
  assert.deepEqual(states, ["PROCESSING", "PROCESSING", "ACTIVE"]);
  assert.equal((await generate(emulator, refer(file))).status, 200);
});

test("a word in the name or in the first bytes lets a file fail, or stick", async () => {
  await using emulator = await startTestEmulator({ keys: KEYS });
  const named = await upload(emulator, Buffer.alloc(10, 1), {
    mimeType: "video/mp4",
    file: { displayName: "emulator-fails.mp4" },
  });
  const filled = await upload(emulator, Buffer.from("…emulator-fails…"), { mimeType: "video/mp4" });
  const stuck = await upload(emulator, Buffer.from("emulator-sticks"), { mimeType: "video/mp4" });
  const get = (file: Json) => emulator.get(`/v1beta/${file.name}`, { "x-goog-api-key": "one-a" });
  for (let poll = 0; poll < 2; poll += 1) for (const file of [named, filled, stuck]) await get(file);
  for (const file of [named, filled]) {
    const { json } = await get(file);
    assert.equal(json.state, "FAILED");
    assert.equal(json.error.code, 13);
    assert.equal((await generate(emulator, refer(file))).json.error.status, "FAILED_PRECONDITION");
  }
  assert.equal((await get(stuck)).json.state, "PROCESSING");
});

test("a file is gone after 48 hours", async () => {
  mock.timers.enable({ apis: ["Date"], now: Date.now() });
  try {
    await using emulator = await startTestEmulator({ keys: KEYS });
    const file = await upload(emulator, PNG);
    mock.timers.tick(48 * 3_600_000 - 1);
    assert.equal((await generate(emulator, refer(file))).status, 200);
    mock.timers.tick(1);
    assert.equal((await generate(emulator, refer(file))).status, 403);
  } finally {
    mock.timers.reset();
  }
});

test("of a large upload only the beginning is kept", async () => {
  await using emulator = await startTestEmulator({ keys: KEYS });
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const heldBytes = async () => {
    await setImmediate();
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const size = 96 * 1024 * 1024;
  const address = await addressOf(await start(emulator, { sizeBytes: size, mimeType: "video/mp4" }));
  const chunk = Buffer.alloc(GRANULE, 3);
  const before = await heldBytes();
  for (let offset = 0; offset < size - GRANULE; offset += GRANULE) {
    assert.equal((await command(address, "upload", offset, chunk)).status, 200);
  }
  // What sockets still hold is freed in its own time; what were kept would stay.
  let held = (await heldBytes()) - before;
  for (let tries = 0; held >= size / 4 && tries < 100; tries++) {
    await sleep(100);
    held = (await heldBytes()) - before;
  }
  assert.ok(held < size / 4, `${held} bytes`);
  const last = await command(address, "upload, finalize", size - GRANULE, chunk);
  assert.equal(((await last.json()) as Json).file.sizeBytes, String(size));
});

test("unknown files and the bare prompt are told apart", async () => {
  await using emulator = await startTestEmulator({ keys: KEYS });
  const unknown = await generate(emulator, refer({ mimeType: "image/png", uri: "files/nope" }));
  assert.equal(unknown.status, 403);
  assert.equal((await generate(emulator, ask("Hi"))).status, 200);
});
