// Goal: a facade reaches its service over TLS when it may trust the certificate, and else says so to its operators, and nothing of it to
// callers.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttps } from "node:https";
import { connect, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createServer as createTls, type TLSSocket } from "node:tls";
import { assertErrorOf } from "../facade/openai-error.ts";
import { openAi, readSse } from "../faults/requests.ts";
import { selfSigned } from "../media/self-signed.ts";
import { Program } from "../process/program.ts";
import { jsonAnswer, startFaultyGemini, streamAnswer, textChunk } from "../support/faulty-gemini.ts";
import { LICENCE, startGateway } from "../support/gateway.ts";

interface Listening extends AsyncDisposable {
  readonly port: number;
}

async function listening(server: Server): Promise<Listening> {
  const sockets = new Set<TLSSocket>();
  server.on("secureConnection", (socket: TLSSocket) => void sockets.add(socket.on("error", () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What stands before a service and takes TLS off, as a load balancer does; `spoken` are the protocols that were agreed on. */
function terminateTls(grpc: string, pem: { key: string; cert: string }, spoken: string[]): Promise<Listening> {
  return listening(
    createTls({ ...pem, ALPNProtocols: ["h2"] }, (socket) => {
      spoken.push(String(socket.alpnProtocol));
      const behind = connect(Number(grpc.split(":").at(-1)), "127.0.0.1");
      behind.on("error", () => socket.destroy());
      socket.on("close", () => behind.destroy()).pipe(behind);
      behind.pipe(socket);
    }),
  );
}

test("a service over TLS is used when its certificate is one of the CAs that NODE_EXTRA_CA_CERTS names", async (context) => {
  const directory = mkdtempSync(join(tmpdir(), "gateway-tls-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const pem = selfSigned("localhost");
  const authorities = join(directory, "authorities.pem");
  writeFileSync(authorities, pem.cert);
  await using gemini = await startFaultyGemini();
  await using service = await startGateway({ GEMINI_BASE_URL: gemini.origin });
  const spoken: string[] = [];
  await using front = await terminateTls(service.app.grpc ?? "", pem, spoken);
  await using facade = new Program({
    env: { CHAT_SERVICE_URL: `https://localhost:${front.port}`, NODE_EXTRA_CA_CERTS: authorities },
  });
  const { http } = await facade.ready();
  const answer = textChunk("through TLS", { finishReason: "STOP" });
  gemini.script(({ streaming }) => (streaming ? streamAnswer([answer]) : jsonAnswer(answer)));
  const post = (body: object): Promise<Response> =>
    fetch(`${http}/gemini/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: LICENCE, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const whole = (await (await post(openAi(false))).json()) as { choices: { message: { content: string } }[] };
  assert.equal(whole.choices[0]?.message.content, "through TLS");
  const streamed = readSse(await (await post(openAi(true))).text());
  assert.deepEqual([streamed.content, streamed.done], ["through TLS", true]);
  assert.equal((await fetch(`${http}/readyz`)).status, 200);
  assert.deepEqual([...new Set(spoken)], ["h2"]);
});

const strangers: readonly (readonly [title: string, reason: RegExp, create: () => Server])[] = [
  [
    "a certificate that nobody vouches for",
    /self-signed certificate/,
    () => createTls({ ...selfSigned("localhost"), ALPNProtocols: ["h2"] }),
  ],
  ["a server that speaks HTTP/1.1 only", /no application protocol/, () => createHttps(selfSigned("localhost"))],
];

describe("in the place of a service over TLS", () => {
  for (const [title, reason, create] of strangers) {
    test(`${title} is a 503 to callers, and a line of the log that names the reason once`, async () => {
      await using stranger = await listening(create());
      await using facade = await startGateway({ CHAT_SERVICE_URL: `https://localhost:${stranger.port}` });
      for (const stream of [false, true]) {
        await assertErrorOf(await facade.post(openAi(stream)), {
          status: 503,
          code: "upstream_unavailable",
          message: /^The chat service cannot be reached\.$/,
        });
      }
      assert.equal((await facade.get("/readyz")).status, 503);
      const told = facade.log.filter((line) => line.includes("chat service does not answer"));
      assert.equal(told.length, 1);
      assert.match(told[0] ?? "", reason);
      assert.ok(facade.log.every((line) => !line.includes(LICENCE)));
    });
  }
});
