// Goal: the facade listens where it was told to, with one server, whatever the name of the host means.
import assert from "node:assert/strict";
import { once } from "node:events";
import dns from "node:dns";
import { connect } from "node:net";
import { test } from "node:test";
import { startGateway } from "../support/gateway.ts";

/** A second address of this machine, which a `localhost` with two may stand for. Linux has all of 127.0.0.0/8. */
const SECOND_ADDRESS = "127.0.0.2";

async function outcomeOf(port: number, host: string): Promise<string> {
  const socket = connect(port, host);
  try {
    await once(socket, "connect");
    return "connected";
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  } finally {
    socket.destroy();
  }
}

test(
  "HOST=localhost has one server, though the name has two addresses: Fastify's second one would have no limits",
  { skip: process.platform !== "linux" && "a second loopback address" },
  async (context) => {
    // Only `node:dns` itself is changed, which Fastify asks; the system's answer here has one address.
    context.mock.method(dns, "lookup", (host: string, _all: unknown, done: (...found: unknown[]) => void) => {
      const addresses = host === "localhost" ? ["127.0.0.1", SECOND_ADDRESS] : [host];
      done(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      );
    });
    await using gateway = await startGateway({ HOST: "localhost" });
    context.mock.restoreAll();
    const { hostname, port } = new URL(gateway.app.http);
    assert.equal(await outcomeOf(Number(port), hostname), "connected");
    assert.equal(await outcomeOf(Number(port), SECOND_ADDRESS), "ECONNREFUSED");
  },
);
