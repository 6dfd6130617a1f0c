// Goal: the page holds the promised names and never grows without bound. Method: render and read the page.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMetrics } from "../../src/telemetry/metrics.ts";

/** Add-only: a name that vanishes here breaks somebody's dashboard. */
const PROMISED_NAMES = [
  "ambiguous_attempts_total",
  "build_info",
  "event_loop_delay_p99_seconds",
  "event_loop_utilization_ratio",
  "key_quarantines_total",
  "media_items_total",
  "media_uploaded_bytes_total",
  "memory_dropped_total",
  "memory_failures_total",
  "process_active_resources",
  "process_cpu_seconds_total",
  "process_external_memory_bytes",
  "process_heap_used_bytes",
  "process_open_fds",
  "process_resident_memory_bytes",
  "process_start_time_seconds",
  "refusals_total",
  "request_duration_seconds",
  "requests_active",
  "requests_total",
  "store_failures_total",
  "time_to_first_event_seconds",
  "tokens_total",
  "upstream_attempt_duration_seconds",
  "upstream_attempts_total",
  "upstream_retries_total",
  "warnings_total",
];

async function namesOf(page: Promise<{ text: string }>): Promise<string[]> {
  const { text } = await page;
  return [...text.matchAll(/^# TYPE gemini_gateway_(\w+) /gm)].map(([, name]) => name ?? "").toSorted();
}

describe("the metrics page", () => {
  it("has exactly the promised names, all with our prefix", async () => {
    using metrics = createMetrics("1.2.3");
    assert.deepEqual(await namesOf(metrics.render()), PROMISED_NAMES);
    const { text, contentType } = await metrics.render();
    assert.equal((text.match(/^# TYPE /gm) ?? []).length, PROMISED_NAMES.length);
    assert.match(contentType, /^text\/plain/);
    assert.match(
      text,
      new RegExp(`^gemini_gateway_build_info\\{version="1\\.2\\.3",node="${process.version}"\\} 1$`, "m"),
    );
  });

  it("shows what was counted, moved and observed", async () => {
    using metrics = createMetrics("1");
    metrics.count("tokens_total", { kind: "prompt" }, 40);
    metrics.count("tokens_total", { kind: "prompt" }, 2);
    metrics.add("requests_active", { rpc: "Chat" }, 1);
    metrics.add("requests_active", { rpc: "Chat" }, 1);
    metrics.add("requests_active", { rpc: "Chat" }, -1);
    metrics.observe("request_duration_seconds", { rpc: "Chat" }, 0.3);
    const { text } = await metrics.render();
    assert.match(text, /^gemini_gateway_tokens_total\{kind="prompt"\} 42$/m);
    assert.match(text, /^gemini_gateway_requests_active\{rpc="Chat"\} 1$/m);
    assert.match(text, /^gemini_gateway_request_duration_seconds_bucket\{le="0\.25",rpc="Chat"\} 0$/m);
    assert.match(text, /^gemini_gateway_request_duration_seconds_bucket\{le="0\.5",rpc="Chat"\} 1$/m);
  });

  it("measures the process", async () => {
    using metrics = createMetrics("1");
    const { text } = await metrics.render();
    const valueOf = (name: string) => Number(new RegExp(`^gemini_gateway_${name} (.+)$`, "m").exec(text)?.[1]);
    assert.ok(valueOf("process_resident_memory_bytes") > 2 ** 20);
    assert.ok(valueOf("process_cpu_seconds_total") > 0);
    assert.ok(Math.abs(valueOf("process_start_time_seconds") - Date.now() / 1000) < 600);
    if (process.platform === "linux") assert.ok(valueOf("process_open_fds") > 3);
  });

  it("does not grow past 1000 series a metric, whatever a label says", async () => {
    using metrics = createMetrics("1");
    for (let index = 0; index < 100_000; index++) {
      metrics.count("requests_total", { rpc: index % 2 ? "Chat" : "StreamChat", outcome: `MODEL_${index}` });
      metrics.count("warnings_total", { code: "x".repeat(61 + (index % 50)) });
    }
    const { text } = await metrics.render();
    const series = (name: string) => text.match(new RegExp(`^gemini_gateway_${name}\\{`, "gm"))?.length ?? 0;
    assert.ok(series("requests_total") <= 1000);
    assert.equal(series("warnings_total"), 1);
    const counted = [...text.matchAll(/^gemini_gateway_requests_total\{.*\} (\d+)$/gm)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
    assert.equal(counted, 100_000);
  });

  it("of one gateway does not count for another in the same process", async () => {
    using first = createMetrics("1");
    using second = createMetrics("1");
    first.count("store_failures_total", {});
    assert.match((await first.render()).text, /^gemini_gateway_store_failures_total 1$/m);
    assert.match((await second.render()).text, /^gemini_gateway_store_failures_total 0$/m);
  });
});
