// CPU time and memory of a server, its child processes included, from Linux's /proc.

import { readFileSync } from "node:fs";

/** USER_HZ: fixed at 100 in Linux's user-space ABI on all platforms Node runs on. */
const TICKS_PER_SECOND = 100;
const BYTES_PER_KB = 1_024;

/** User and system time of all threads and running child processes so far, in milliseconds (resolution 10 ms). */
export function cpuMsOf(pid: number): number {
  const ticks = processTree(pid).map((member) => {
    const stat = readFileSync(`/proc/${member}/stat`, "latin1");
    // The second field, the name, may hold spaces; utime and stime are fields 14 and 15 of the whole line.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return (sum(ticks) * 1_000) / TICKS_PER_SECOND;
}

/** Resident memory now, in bytes. */
export function rssBytesOf(pid: number): number {
  return statusBytesOf(pid, "VmRSS");
}

/** The most it ever was, in bytes. */
export function highestRssBytesOf(pid: number): number {
  return statusBytesOf(pid, "VmHWM");
}

function statusBytesOf(pid: number, line: "VmRSS" | "VmHWM"): number {
  const pattern = new RegExp(`^${line}:\\s+(\\d+) kB$`, "m");
  const kilobytes = processTree(pid).map((member) =>
    Number(pattern.exec(readFileSync(`/proc/${member}/status`, "latin1"))?.[1] ?? Number.NaN),
  );
  return sum(kilobytes) * BYTES_PER_KB;
}

/** A process and all below it. Node spawns from its main thread, whose id is the process id. */
function processTree(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean);
  return [pid, ...children.flatMap((child) => processTree(Number(child)))];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
