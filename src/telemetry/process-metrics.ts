// What the process itself needs: CPU, memory, event loop, open files. Read when somebody asks, not before.
import { readdir } from "node:fs/promises";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { Registry } from "prom-client";
import Counter from "prom-client/lib/counter.js";
import Gauge from "prom-client/lib/gauge.js";

const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;
const EVENT_LOOP_RESOLUTION_MS = 20;

/** Adds the process's own metrics to a registry; the function returned ends the measuring. */
export function addProcessMetrics(registry: Registry, prefix: string): () => void {
  const delay = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });
  delay.enable();
  let utilization = performance.eventLoopUtilization();

  const gauge = (name: string, help: string, read: () => number | undefined | Promise<number | undefined>): void => {
    new Gauge({
      name: prefix + name,
      help,
      registers: [registry],
      async collect() {
        const value = await read();
        if (value !== undefined) this.set(value);
      },
    });
  };
  gauge("process_start_time_seconds", "When the process started, since 1970.", () => performance.timeOrigin / 1000);
  gauge("process_resident_memory_bytes", "Memory in RAM.", () => process.memoryUsage.rss());
  gauge("process_heap_used_bytes", "JavaScript heap in use.", () => process.memoryUsage().heapUsed);
  gauge("process_external_memory_bytes", "Buffers outside the heap.", () => process.memoryUsage().external);
  gauge(
    "process_active_resources",
    "Sockets, timers and the like that are open.",
    () => process.getActiveResourcesInfo().length,
  );
  gauge("process_open_fds", "Open file descriptors.", countOpenFiles);
  gauge("event_loop_delay_p99_seconds", "99th percentile of the event loop's delay since the last scrape.", () => {
    const seconds = delay.percentile(99) / NANOSECONDS;
    delay.reset();
    return seconds;
  });
  gauge("event_loop_utilization_ratio", "Share of time the event loop was busy since the last scrape.", () => {
    const previous = utilization;
    utilization = performance.eventLoopUtilization();
    return performance.eventLoopUtilization(utilization, previous).utilization;
  });
  new Counter({
    name: `${prefix}process_cpu_seconds_total`,
    help: "CPU time of user and system.",
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / MICROSECONDS);
    },
  });
  return () => delay.disable();
}

/** Undefined where the system has no /proc. */
async function countOpenFiles(): Promise<number | undefined> {
  if (process.platform !== "linux") return undefined;
  // Reading the list opens one more.
  return (await readdir("/proc/self/fd")).length - 1;
}
