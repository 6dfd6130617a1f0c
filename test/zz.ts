import { createClient } from "@connectrpc/connect";
import { ChatService } from "../src/gen/gemini/chat/v1/chat_pb.ts";
import { startGateway } from "./support/gateway.ts";
import { transportsOf } from "./support/transports.ts";
for (const which of ["gRPC over HTTP/2", "Connect over HTTP/2", "Connect over HTTP/1.1", "gRPC-Web"]) {
  const gw = await startGateway({ REQUEST_BODY_MAX_BYTES: "1000000", SHUTDOWN_GRACE_MS: "3000" });
  const { transport } = transportsOf(gw).find((x) => x.name === which)!;
  const text = "x".repeat(which === "gRPC-Web" ? 1_000_000 : 1_000_000);
  await createClient(ChatService, transport).chat({ model: "gemini-3.8-flash", messages: [{ role: 2, parts: [{ kind: { case: "text", value: text } }] }] }).catch((e) => console.log(e.message));
  const t = performance.now();
  await gw.app.drain();
  console.log(which, "drained", performance.now() - t);
}
process.exit(0);
