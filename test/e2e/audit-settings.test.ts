// The public interface on settings, row by row: those that a running gateway shows only together with Gemini or a media host.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { jsonAnswer, partsChunk, pngBase64, startFaultyGemini } from "../support/faulty-gemini.ts";
import { startGateway } from "../support/gateway.ts";
import { MODELS, startRig, user, type Exchange, type Rig } from "./audit/rig.ts";

const PNG = pngBase64(2000);
let host: Server;
let origin: string;
before(async () => {
  host = createServer((_request, response) => response.end(Buffer.from(PNG, "base64"))).listen(0, "127.0.0.1");
  await once(host, "listening");
  origin = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
});
after(() => host.close());

const image = (url: string): object => ({ messages: [user([{ type: "image_url", image_url: { url } }])] });
const PARAM = "messages[0].content[0].image_url.url";

/** Runs with a gateway that has these settings. */
function withSettings(environment: Record<string, string>, run: (rig: Rig) => Promise<void>): () => Promise<void> {
  return async () => {
    await using rig = await startRig(MODELS, environment);
    await run(rig);
  };
}

function assertRefused(
  { status, json, sent }: Exchange,
  expected: [status: number, code: string, param: string],
): void {
  assert.deepEqual([status, json.error.code, json.error.param, sent], [...expected, []]);
}

const FILE = "https://generativelanguage.googleapis.com/v1beta/files/abc-123";
const OBJECTS: [title: string, body: object, param: string, sent: RegExp][] = [
  [
    "a Files-API URI",
    image(FILE),
    PARAM,
    /"fileUri":"https:\/\/generativelanguage\.googleapis\.com\/v1beta\/files\/abc-123"/,
  ],
  [
    "a file's name",
    { messages: [user([{ type: "file", file: { file_id: "files/abc-123" } }])] },
    "messages[0].content[0].file.file_id",
    /files\/abc-123"/,
  ],
  ["a gs:// URI", image("gs://bucket/a.png"), PARAM, /"fileUri":"gs:\/\/bucket\/a\.png"/],
  ["cached_content", { cached_content: "cachedContents/x" }, "cached_content", /"cachedContent":"cachedContents\/x"/],
];

describe("UPSTREAM_OBJECTS", () => {
  for (const [title, body, param] of OBJECTS) {
    test(
      `off: ${title} is a 400 naming the param`,
      withSettings({}, async (rig) => {
        const refused = await rig.ask(body);
        assert.equal(refused.status, 400);
        assert.match(refused.json.error.param, new RegExp(`${RegExp.escape(param)}$`));
        assert.deepEqual(refused.sent, []);
      }),
    );
  }

  const keys = {
    UPSTREAM_OBJECTS: "on",
    GEMINI_API_KEYS: "first:key-1-aaaa,second:key-2-bbbb,first:key-3-cccc,third:key-4-dddd",
  };
  test(
    "on: they go up with the first project's keys, everything else with all in turn",
    withSettings(keys, async (rig) => {
      for (const [title, body, , sent] of OBJECTS) {
        for (let turn = 0; turn < 3; turn++) {
          const told = await rig.ask(body);
          assert.match(JSON.stringify(told.sent[0]), sent, title);
        }
      }
      const used = (): Set<string | undefined> => new Set(rig.gemini.calls.splice(0).map(({ key }) => key));
      assert.deepEqual(used(), new Set(["key-1-aaaa", "key-3-cccc"]));
      for (let turn = 0; turn < 6; turn++) await rig.ask(image("https://youtu.be/dQw4w9WgXcQ"));
      assert.deepEqual(used(), new Set(["key-1-aaaa", "key-2-bbbb", "key-3-cccc", "key-4-dddd"]));
    }),
  );
});

test(
  "a conversation stays on one project, different ones spread",
  withSettings({ GEMINI_API_KEYS: "a:key-1-aaaa,b:key-2-bbbb,c:key-3-cccc" }, async (rig) => {
    const projects = new Set<string | undefined>();
    for (let conversation = 0; conversation < 12; conversation++) {
      for (let turn = 0; turn < 3; turn++) await rig.ask({ prompt_cache_key: `conversation ${conversation}` });
      const [key, ...others] = new Set(rig.gemini.calls.splice(0).map((call) => call.key));
      assert.deepEqual(others, []);
      projects.add(key);
    }
    assert.ok(projects.size > 1);
  }),
);

describe("media", () => {
  const LOCAL = { MEDIA_ALLOWED_NETWORKS: "127.0.0.0/8" };
  const rows: [title: string, environment: Record<string, string>, expected: [number, string, string] | undefined][] = [
    ["from a private network are refused", {}, [400, "invalid_image_url", PARAM]],
    ["from a network of MEDIA_ALLOWED_NETWORKS are fetched, on any port", LOCAL, undefined],
    ["are not fetched with MEDIA_FETCH off", { ...LOCAL, MEDIA_FETCH: "off" }, [400, "unsupported_value", PARAM]],
    [
      "come only from MEDIA_ALLOWED_HOSTS",
      { ...LOCAL, MEDIA_ALLOWED_HOSTS: "media.example" },
      [400, "invalid_image_url", PARAM],
    ],
    [
      "never come from MEDIA_DENIED_HOSTS",
      { ...LOCAL, MEDIA_DENIED_HOSTS: "127.0.0.1" },
      [400, "invalid_image_url", PARAM],
    ],
    [
      "larger than MEDIA_ITEM_MAX_BYTES are a 413 where nothing is uploaded",
      { ...LOCAL, MEDIA_ITEM_MAX_BYTES: "1000", MEDIA_UPLOAD: "off" },
      [413, "payload_too_large", PARAM],
    ],
  ];
  for (const [title, environment, expected] of rows) {
    test(
      `by URL ${title}`,
      withSettings(environment, async (rig) => {
        const told = await rig.ask(image(`${origin}/a.png`));
        if (expected) assertRefused(told, expected);
        else assert.equal(told.sent[0].contents[0].parts[0].inlineData.data, PNG);
      }),
    );
  }

  test(
    "inline together may have MEDIA_ITEM_MAX_BYTES where nothing is uploaded",
    withSettings({ MEDIA_ITEM_MAX_BYTES: "2500", MEDIA_UPLOAD: "off" }, async (rig) => {
      const part = { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } };
      assert.equal((await rig.ask({ messages: [user([part])] })).status, 200);
      assertRefused(await rig.ask({ messages: [user([part, part])] }), [
        413,
        "payload_too_large",
        "messages[0].content[1].image_url.url",
      ]);
    }),
  );

  test(
    "films on YouTube need no fetching",
    withSettings({ MEDIA_FETCH: "off" }, async (rig) => {
      assert.equal((await rig.ask(image("https://youtu.be/dQw4w9WgXcQ"))).status, 200);
    }),
  );
});

describe("the upstream", () => {
  test("GEMINI_BASE_URL may have a path before Google's, and GEMINI_API_KEY may stand alone", async () => {
    await using gemini = await startFaultyGemini();
    gemini.script(() => jsonAnswer(partsChunk([{ text: "Hello." }], { finishReason: "STOP" })));
    const environment = {
      GEMINI_BASE_URL: `${gemini.origin}/a/b/`,
      GEMINI_API_KEYS: "",
      GEMINI_API_KEY: "single-key-1",
    };
    await using gateway = await startGateway(environment);
    const response = await gateway.post({ model: "gemini-3.8-flash", messages: [user("Hi")] });
    assert.equal(response.status, 200, await response.text());
    const [call] = gemini.calls;
    assert.deepEqual([call?.path, call?.key], ["/a/b/v1beta/models/gemini-3.8-flash:generateContent", "single-key-1"]);
  });

  const more = { MODEL_ALIASES: "gpt-4o=gemini-3.1-pro-preview", SAFETY_SETTINGS: "HARM_CATEGORY_HARASSMENT=OFF" };
  test(
    "MODEL_ALIASES lead to other models with a warning, the answer keeps the id",
    withSettings(more, async (rig) => {
      const told = await rig.ask({ model: "gpt-4o" });
      assert.deepEqual(
        [told.models, told.warnings, told.json.model],
        [["gemini-3.1-pro-preview"], ["model_aliased:model"], "gpt-4o"],
      );
      assert.equal(told.headers.get("x-gateway-model"), "gemini-3.1-pro-preview");
    }),
  );

  test(
    "safety settings are those of the caller, else of the operator, else none",
    withSettings(more, async (rig) => {
      const operators = [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "OFF" }];
      assert.deepEqual((await rig.ask({})).sent[0].safetySettings, operators);
      const callers = [{ category: "HARM_CATEGORY_HATE_SPEECH", threshold: "BLOCK_NONE" }];
      assert.deepEqual((await rig.ask({ google: { safetySettings: callers } })).sent[0].safetySettings, callers);
      await using plain = await startRig();
      assert.equal((await plain.ask({})).sent[0].safetySettings, undefined);
    }),
  );
});

test("EMULATOR_PORT is the port of the emulator inside the gateway", async () => {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const upstream = { GEMINI_BASE_URL: "emulator", GEMINI_API_KEYS: "key-of-the-emulator" };
  await using _ = await startGateway({ ...upstream, EMULATOR_PORT: String(port) });
  // oxlint-disable-next-line no-restricted-globals
  const response = await fetch(`http://127.0.0.1:${port}/v1beta/models`, {
    headers: { "x-goog-api-key": "key-of-the-emulator" },
  });
  assert.equal(response.status, 200);
});
