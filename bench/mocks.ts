// The upstreams of a run: the mock, and one over TLS with a certificate made for this run.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { selfSigned } from "../test/media/self-signed.ts";
import { startServer, type ServerProcess } from "./processes.ts";

/** The certificate is for this name. */
const TLS_HOST = "localhost";

export interface Mock {
  readonly process: ServerProcess;
  readonly origin: string;
  /** To be trusted by whoever calls it; undefined without TLS. */
  readonly certificateFile: string | undefined;
}

export async function startMock(): Promise<Mock> {
  const process = await startServer(join(import.meta.dirname, "targets/mock.ts"), "load", {});
  return { process, origin: `http://${process.addresses[0] ?? ""}`, certificateFile: undefined };
}

/** Key and certificate are left in `directory`. */
export async function startTlsMock(directory: string): Promise<Mock> {
  const files = { KEY_FILE: join(directory, "key.pem"), CERTIFICATE_FILE: join(directory, "certificate.pem") };
  const { key, cert } = selfSigned(TLS_HOST);
  await writeFile(files.KEY_FILE, key, { mode: 0o600 });
  await writeFile(files.CERTIFICATE_FILE, cert);
  const process = await startServer(join(import.meta.dirname, "targets/tls-mock.ts"), "load", files);
  const [, port = ""] = (process.addresses[0] ?? "").split(":");
  return { process, origin: `https://${TLS_HOST}:${port}`, certificateFile: files.CERTIFICATE_FILE };
}
