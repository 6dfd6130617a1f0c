// Soak: peers that flood the gRPC port with frames, and what others wait meanwhile.
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ChatService } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { question } from "../faults/requests.ts";
import { jsonAnswer, textChunk } from "../support/faulty-gemini.ts";
import { FRAME, frame, openRawH2 } from "../support/h2-frames.ts";
import { atMost, LICENCE, percentile, tried, type Figure, type Rig } from "./rig.ts";

const PROMISED_CONNECTIONS = 1_500;
/** Twice a wait of less than this is not told apart from the machine's own noise. */
const NOISE_MS = 20;

export async function flood({ gemini, ready }: Rig, forMs: number): Promise<Figure[]> {
  gemini.script(() => jsonAnswer(textChunk("fine", { finishReason: "STOP" })));
  const client = createClient(ChatService, createGrpcTransport({ baseUrl: `http://${ready.grpc}` }));
  const waits = async (): Promise<number> => {
    const times: number[] = [];
    for (const untilMs = performance.now() + forMs; performance.now() < untilMs;) {
      const startedMs = performance.now();
      await client.chat(question(), { headers: { authorization: LICENCE } });
      times.push(performance.now() - startedMs);
      await sleep(5);
    }
    return percentile(times, 0.99);
  };
  await waits();
  const alone = await waits();
  let runs = true;
  let connections = 0;
  const flooder = async (): Promise<void> => {
    while (runs) {
      const { socket } = openRawH2(ready.grpc ?? "");
      connections++;
      for (let at = 0; at < 30 && !socket.destroyed; at++) {
        const random = randomBytes(30);
        const type = at % 2 === 0 ? (random[0] ?? 0) % 11 : FRAME.SETTINGS;
        socket.write(frame(type, type === FRAME.SETTINGS ? 0 : (random[1] ?? 0), 0, random.subarray(0, 18)));
      }
      await sleep(5);
      socket.destroy();
    }
  };
  const flooding = [flooder(), flooder(), flooder()];
  const beside = await waits();
  runs = false;
  await Promise.all(flooding);
  return [
    tried("HP-8", "connections with random frames", connections, PROMISED_CONNECTIONS),
    atMost(
      "HP-8",
      `p99 of another's call meanwhile (alone ${alone.toFixed(1)} ms)`,
      beside,
      Math.round(Math.max(2 * alone, NOISE_MS)),
      " ms",
    ),
  ];
}
