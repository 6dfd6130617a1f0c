// The HTTP/2 connections of the gRPC port: which there are, and when one of them has to end.
import { constants } from "node:http2";
import type { Http2Server, ServerHttp2Session } from "node:http2";

/** How long a connection may be silent, in milliseconds. */
export interface SessionLimits {
  /** Without any frame a connection is told to end; its running streams may finish. */
  readonly idleMs: number;
  /** So often a connection with running streams is asked for a sign of life. */
  readonly probeEveryMs: number;
  /** Without an answer for so long it is given up, and its calls with it. */
  readonly probeTimeoutMs: number;
}

/**
 * TCP's own probes end a peer that vanished; PING also ends one whose proxy is still there and has forgotten it. Intervals as gRPC's
 * keepalive has them.
 */
export const SESSION_LIMITS: SessionLimits = { idleMs: 300_000, probeEveryMs: 60_000, probeTimeoutMs: 20_000 };

/** TCP asks a silent peer whether it is still there: one that vanished without a word would hold its calls for ever. */
const TCP_PROBE_AFTER_MS = 60_000;

/** So many PINGs in a shorter time, while we have nothing to send, are a flood: each costs us an answer. */
const FLOOD_PINGS = 100;
const FLOOD_MS = 10_000;
/**
 * What the answers to so many PINGs take on the wire, 17 bytes each, and some more. A peer that is sent more than that may be measuring
 * its bandwidth, for which gRPC libraries ping once a round trip.
 */
const FLOOD_ANSWER_BYTES = 2 * 17 * FLOOD_PINGS;

/** Who is sent away gets so long to read why, in milliseconds: what else arrives makes the end of the connection a reset. */
const FAREWELL_MS = 250;

/**
 * A client that was sent the end of its connection gets so long to end its own side, in milliseconds (nginx: lingering_timeout). Whoever
 * does not would hold a file descriptor for ever, and a drain to the end of its grace.
 */
const HALF_CLOSED_MAX_MS = 5_000;

/** Watches the connections of a server, of which each has `prefaceMs` to send its first SETTINGS; the set holds the open ones. */
export function trackSessions(server: Http2Server, prefaceMs: number, limits: SessionLimits): Set<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on("connection", (socket) => {
    socket.setKeepAlive(true, TCP_PROBE_AFTER_MS);
    socket.once("finish", () => {
      const overdue = setTimeout(() => socket.destroy(), HALF_CLOSED_MAX_MS).unref();
      socket.once("close", () => clearTimeout(overdue));
    });
  });
  server.on("session", (session) => {
    sessions.add(session);
    // Only whole frames count as life: a header block that comes byte by byte ends as a silent connection does.
    session.on("timeout", () => session.close());
    session.setTimeout(prefaceMs);
    session.once("remoteSettings", () => session.setTimeout(limits.idleMs));
    // Without a listener a malformed frame of one peer would end the process.
    session.on("error", () => session.destroy());
    session.once("close", () => sessions.delete(session));
    probeWhileBusy(session, limits);
    endPingFlood(session);
  });
  // An HTTP/1.1 peer on this port, or a broken preface: the socket is closed by Node, there is nobody to answer.
  server.on("unknownProtocol", (socket) => socket.destroy());
  return sessions;
}

/** Only while streams run: a PING counts as life, and an idle connection shall end as idle. */
function probeWhileBusy(session: ServerHttp2Session, { probeEveryMs, probeTimeoutMs }: SessionLimits): void {
  let streams = 0;
  session.on("stream", (stream) => {
    streams++;
    stream.once("close", () => streams--);
  });
  const timer = setInterval(() => {
    if (streams === 0) return;
    const overdue = setTimeout(() => session.destroy(), probeTimeoutMs).unref();
    session.ping(() => clearTimeout(overdue));
  }, probeEveryMs).unref();
  session.once("close", () => clearInterval(timer));
}

function endPingFlood(session: ServerHttp2Session): void {
  let pings = 0;
  let sinceMs = 0;
  let sentBefore = 0;
  session.on("ping", () => {
    if (pings === 0) {
      sinceMs = performance.now();
      sentBefore = session.socket.bytesWritten;
    }
    if (++pings < FLOOD_PINGS) return;
    pings = 0;
    const sent = session.socket.bytesWritten - sentBefore;
    if (performance.now() - sinceMs > FLOOD_MS || sent > FLOOD_ANSWER_BYTES) return;
    session.removeAllListeners("ping").goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    setTimeout(() => session.destroy(), FAREWELL_MS).unref();
  });
}
