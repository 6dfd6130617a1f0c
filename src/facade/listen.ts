// Listeners of the HTTP side: the facade, and metrics on a port of their own; how each starts and stops.
import { lookup } from "node:dns/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { endLingering } from "../rpc/lingering.ts";
import { createFacade, type FacadeOptions } from "./server.ts";
import type { OperationOptions } from "./operation.ts";

export interface Listener {
  /** `http://host:port` */
  readonly url: string;
  /** Refuses new connections; resolves when the open ones have ended. */
  close(): Promise<void>;
  /** Ends everything at once. */
  destroy(): void;
}

/** How often a closing server looks for connections that have become idle, in milliseconds. */
const SWEEP_INTERVAL_MS = 50;

export interface ListenOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Given the server before it accepts anybody. */
  readonly onListening: (server: Server) => void;
}

export async function serveFacade(
  { host, port, onListening }: ListenOptions,
  options: FacadeOptions,
): Promise<Listener> {
  const app = await createFacade(options);
  // For "localhost" by name Fastify makes a second server, for its other address, which has none of our limits.
  const { address } = await lookup(host);
  await app.listen({ host: address, port });
  onListening(app.server);
  return {
    url: urlOf(app.server),
    async close() {
      // Node closes the connections that are idle now; one that becomes idle later would stay for its keep-alive.
      const sweep = setInterval(() => {
        app.server.closeIdleConnections();
        endLingering();
      }, SWEEP_INTERVAL_MS);
      await app.close();
      clearInterval(sweep);
    },
    destroy() {
      app.server.close();
      app.server.closeAllConnections();
    },
  };
}

/** `/metrics` and nothing else. */
export async function serveMetrics(
  host: string,
  port: number,
  render: NonNullable<OperationOptions["metrics"]>,
): Promise<Listener> {
  const server = createServer((request, response) => {
    if (request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    render().then(
      ({ text, contentType }) => response.writeHead(200, { "content-type": contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, () => resolve());
  });
  return {
    url: urlOf(server),
    close: () => new Promise((resolve) => server.close(() => resolve())),
    destroy() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
