// Before any number counts: each target must answer correctly once, text, non-ASCII text, finish reason and media.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { benchImage, pngBase64 } from "../test/support/faulty-gemini.ts";
import { ROUTE } from "./scenarios.ts";
import type { Target } from "./targets.ts";

const ANSWER_DEADLINE_MS = 10_000;
const TEXT = "Grüße, 世界 🌍 and a “quote”\nline two";
const SMALL_IMAGE_CHARACTERS = 4_096;

interface Completion {
  readonly choices: readonly {
    readonly message?: { readonly content: string };
    readonly delta?: { readonly content?: string | null };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: { readonly total_tokens: number };
}

interface GeminiAnswer {
  readonly candidates: readonly { readonly content: { readonly parts: readonly { readonly text: string }[] } }[];
}

/** Rejects with an AssertionError that names the target and what was wrong. */
export async function verify(target: Target): Promise<void> {
  try {
    if (target.dialect === "mapped") await verifyMapped(target);
    if (target.dialect === "openai") await verifyGateway(target);
  } catch (error) {
    throw new Error(`${target.name} does not answer correctly; no figure of it would count`, { cause: error });
  }
}

async function verifyMapped(target: Target): Promise<void> {
  const answer = JSON.parse(await ask(target, { model: "bench-echo", messages: [user(TEXT)] })) as GeminiAnswer;
  assert.equal(answer.candidates[0]?.content.parts[0]?.text, TEXT);
}

async function verifyGateway(target: Target): Promise<void> {
  const echoed = completion(await ask(target, { model: "bench-echo", messages: [user(TEXT)] }));
  assert.equal(echoed.choices[0]?.message?.content, TEXT);
  assert.equal(echoed.choices[0]?.finish_reason, "stop");
  assert.ok((echoed.usage?.total_tokens ?? 0) > 0, "usage is told");

  const chunks = chunksOf(await ask(target, { model: "bench-echo", messages: [user(TEXT)], stream: true }));
  assert.equal(contentOf(chunks), TEXT);
  assert.deepEqual(finishesOf(chunks), ["stop"]);

  const image = pngBase64(SMALL_IMAGE_CHARACTERS);
  const withImage = [
    { type: "text", text: TEXT },
    { type: "image_url", image_url: { url: `data:image/png;base64,${image}` } },
  ];
  const seen = completion(await ask(target, { model: "bench-echo", messages: [user(withImage)] }));
  const hash = createHash("sha256").update(image).digest("hex");
  assert.equal(seen.choices[0]?.message?.content, `${TEXT} ${hash}`, "the image reached the upstream unchanged");

  const drawn = await ask(target, { model: "bench-media-out-1mb", messages: [user("draw")] });
  assert.ok(drawn.includes(`data:image/png;base64,${benchImage(1)}`), "a generated image arrives unchanged");
}

async function ask({ address, licence }: Target, body: object): Promise<string> {
  const response = await fetch(`http://${address}${ROUTE}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${licence}` },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_DEADLINE_MS),
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
}

function user(content: unknown): object {
  return { role: "user", content };
}

function completion(text: string): Completion {
  return JSON.parse(text) as Completion;
}

function chunksOf(stream: string): Completion[] {
  const events = stream.split("\n\n").filter((event) => event.startsWith("data: "));
  assert.equal(events.pop(), "data: [DONE]");
  return events.map((event) => completion(event.slice("data: ".length)));
}

function contentOf(chunks: readonly Completion[]): string {
  return chunks.map(({ choices }) => choices[0]?.delta?.content ?? "").join("");
}

function finishesOf(chunks: readonly Completion[]): string[] {
  return chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? []);
}
