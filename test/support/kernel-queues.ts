// What the kernel holds of the TCP connections of some ports: bytes sent and not yet taken. Linux tells it in /proc/net.
import { existsSync, readFileSync } from "node:fs";

const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];
const ESTABLISHED = "01";

/** Bytes in the send and receive queues of all sockets at either end of these ports; undefined where the system does not tell. */
export function kernelQueueBytes(ports: readonly number[]): number | undefined {
  if (process.platform !== "linux") return undefined;
  let bytes = 0;
  for (const line of TABLES.filter(existsSync).flatMap((table) =>
    readFileSync(table, "utf8").trim().split("\n").slice(1),
  )) {
    const [, local = "", remote = "", state, queues = ""] = line.trim().split(/\s+/);
    if (state !== ESTABLISHED || ![local, remote].some((address) => ports.includes(portOf(address)))) continue;
    for (const queue of queues.split(":")) bytes += Number.parseInt(queue, 16);
  }
  return bytes;
}

/** `0100007F:1F90` → 8080 */
function portOf(address: string): number {
  return Number.parseInt(address.slice(address.indexOf(":") + 1), 16);
}
