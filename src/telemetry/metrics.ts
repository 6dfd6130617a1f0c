// The metrics: one add-only table of names, and a registry that keeps the number of series bounded.
// Only what is used: prom-client's whole, with metrics of its own about the process and through them OpenTelemetry, is 90 modules, 35 ms
// and 10 MB more at every start (measured).
import Counter from "prom-client/lib/counter.js";
import Gauge from "prom-client/lib/gauge.js";
import Histogram from "prom-client/lib/histogram.js";
import Registry from "prom-client/lib/registry.js";
import { addProcessMetrics } from "./process-metrics.ts";

const PREFIX = "gemini_gateway_";

/** From what a cached error takes to the longest stream Google allows. */
const DURATION_BUCKETS_S = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600, 1200];
/** Fine where people feel it, coarse where models think. */
const FIRST_EVENT_BUCKETS_S = [0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 12, 30, 60, 120, 300, 600];

/** Values of one label before the rest is counted as `other`; two such labels on one metric stay under 1000 series. */
const MAX_LABEL_VALUES = 60;

/** Every counter by its name without prefix: what it counts, and its labels. Add-only: dashboards know the names. */
const COUNTERS = {
  requests_total: ["Calls that ended, by outcome: OK or the failure's reason.", ["rpc", "outcome"]],
  refusals_total: ["Requests refused before they reached the service, by reason.", ["face", "reason"]],
  tokens_total: ["Tokens as Google counts them; thoughts are also part of completion, cached of prompt.", ["kind"]],
  warnings_total: ["Things asked for that were not honoured, by warning code.", ["code"]],
  media_items_total: [
    "Items of media of requests, by the way they went: inline, uploaded, reused (a file that was there), handed_over, youtube, object.",
    ["route"],
  ],
  media_uploaded_bytes_total: ["Bytes put into the Files API.", []],
  upstream_attempts_total: ["Attempts at Gemini that ended, by outcome.", ["outcome"]],
  upstream_retries_total: ["Attempts at Gemini that were followed by another one.", []],
  ambiguous_attempts_total: ["Attempts at Gemini that were sent and brought no answer: they may have been billed.", []],
  key_quarantines_total: ["Gemini keys taken out of rotation, by reason.", ["reason"]],
  store_failures_total: ["Background checks of the store that failed.", []],
  memory_failures_total: [
    "What is remembered could not be read from the store, written to it or swept.",
    ["operation"],
  ],
  memory_dropped_total: ["Remembered values that the store did not take: they are lost with the process.", []],
} as const;

/** Every gauge, as above. */
const GAUGES = {
  requests_active: ["Calls that have not ended.", ["rpc"]],
  build_info: ["Always 1; its labels tell what runs.", ["version", "node"]],
} as const;

/** Every histogram, as above, with its buckets in seconds. */
const HISTOGRAMS = {
  request_duration_seconds: ["A whole call, all attempts.", ["rpc"], DURATION_BUCKETS_S],
  time_to_first_event_seconds: [
    "Until the first event, or the whole answer where it comes at once.",
    ["rpc"],
    FIRST_EVENT_BUCKETS_S,
  ],
  upstream_attempt_duration_seconds: ["One attempt at Gemini.", [], DURATION_BUCKETS_S],
} as const;

type Labels<Row extends readonly [string, readonly string[], ...unknown[]]> = {
  readonly [Name in Row[1][number]]: string;
};

/** Records measurements and renders them. Labels are checked by the types and bounded at run time. */
export interface Metrics {
  count<Name extends keyof typeof COUNTERS>(name: Name, labels: Labels<(typeof COUNTERS)[Name]>, by?: number): void;
  /** Moves a gauge up or down. */
  add<Name extends keyof typeof GAUGES>(name: Name, labels: Labels<(typeof GAUGES)[Name]>, by: number): void;
  observe<Name extends keyof typeof HISTOGRAMS>(
    name: Name,
    labels: Labels<(typeof HISTOGRAMS)[Name]>,
    seconds: number,
  ): void;
  /** The page for Prometheus, and its content type. */
  render(): Promise<{ readonly text: string; readonly contentType: string }>;
  /** Ends the measuring of the event loop. */
  [Symbol.dispose](): void;
}

/** Creates a registry of its own: two gateways in one process do not count for each other. */
export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counters = mapRows(
    COUNTERS,
    (name, [help, labelNames]) => new Counter({ name, help, labelNames: [...labelNames], registers }),
  );
  const gauges = mapRows(
    GAUGES,
    (name, [help, labelNames]) => new Gauge({ name, help, labelNames: [...labelNames], registers }),
  );
  const histograms = mapRows(
    HISTOGRAMS,
    (name, [help, labelNames, buckets]) =>
      new Histogram({ name, help, labelNames: [...labelNames], buckets: [...buckets], registers }),
  );
  const stopMeasuring = addProcessMetrics(registry, PREFIX);
  const bounded = createLabelBound();
  const metrics: Metrics = {
    count: (name, labels, by = 1) => counters[name].inc(bounded(name, labels), by),
    add: (name, labels, by) => gauges[name].inc(bounded(name, labels), by),
    observe: (name, labels, seconds) => histograms[name].observe(bounded(name, labels), seconds),
    render: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
    [Symbol.dispose]: stopMeasuring,
  };
  metrics.add("build_info", { version, node: process.version }, 1);
  return metrics;
}

function mapRows<Table extends object, Metric>(
  table: Table,
  create: (name: string, row: Table[keyof Table]) => Metric,
): Record<keyof Table, Metric> {
  const entries = Object.entries(table).map(([name, row]) => [name, create(PREFIX + name, row as Table[keyof Table])]);
  return Object.fromEntries(entries) as Record<keyof Table, Metric>;
}

/** Labels are closed sets by intention; this holds even when a remote service or a mistake of ours invents values. */
function createLabelBound(): (metric: string, labels: Record<string, string>) => Record<string, string> {
  const seen = new Map<string, Map<string, Set<string>>>();
  return (metric, labels) => {
    const seenOfMetric = seen.getOrInsertComputed(metric, () => new Map());
    let bounded = labels;
    for (const label of Object.keys(labels)) {
      const values = seenOfMetric.getOrInsertComputed(label, () => new Set());
      const value = labels[label] ?? "";
      if (values.has(value)) continue;
      if (values.size < MAX_LABEL_VALUES && value.length <= MAX_LABEL_VALUES) values.add(value);
      else bounded = { ...bounded, [label]: "other" };
    }
    return bounded;
  };
}
