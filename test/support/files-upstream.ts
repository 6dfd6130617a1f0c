// A small Gemini with a Files API that can be told to misbehave, and that remembers what it was sent: sizes, never the bytes.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface SeenChunk {
  readonly upload: number;
  readonly command: string;
  readonly offset: number;
  readonly length: number;
}

export interface StoredFile {
  readonly name: string;
  readonly uri: string;
  readonly key: string;
  readonly mimeType: string;
  readonly size: number;
  readonly sha256: string;
  polls: number;
}

interface Session {
  readonly key: string;
  readonly mimeType: string;
  readonly announced: string | undefined;
  readonly hash: ReturnType<typeof createHash>;
  received: number;
}

/** What becomes of a request; undefined: what Google does. */
export interface Behaviour {
  start?(key: string): [status: number, body: string, headers?: Record<string, string>] | undefined;
  /** Asked before the body is read. `stall`: never answered; `reset`: cut in the middle; `lose`: taken, but cut before the answer. */
  chunk?(chunk: Omit<SeenChunk, "length">): "stall" | "reset" | "lose" | [status: number, body: string] | undefined;
  /** By how often it was asked for. */
  state?(file: StoredFile): string;
  generate?(key: string, calls: number): [status: number, body: string] | undefined;
  uploadUrl?(path: string): string;
}

export interface FilesUpstream extends AsyncDisposable {
  readonly origin: string;
  behaviour: Behaviour;
  readonly sessions: readonly Session[];
  readonly chunks: readonly SeenChunk[];
  readonly files: Map<string, StoredFile>;
  /** Method, path and key of everything. */
  readonly requests: readonly { readonly method: string; readonly path: string; readonly key: string }[];
  /** Bodies of generateContent and countTokens. */
  readonly calls: readonly { readonly key: string; readonly path: string; readonly body: string }[];
  /** Bytes of files that have arrived. */
  received: number;
  readonly openConnections: number;
}

/** `prefix`: the path under which it pretends to be Google. */
export async function startFilesUpstream(prefix = ""): Promise<FilesUpstream> {
  const upstream = new Upstream(prefix);
  await upstream.listen();
  return upstream;
}

const text = (value: unknown): string => JSON.stringify(value);
export const googleError = (code: number, status: string, message: string): [number, string] => [
  code,
  text({ error: { code, status, message } }),
];

class Upstream implements FilesUpstream {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #prefix: string;
  behaviour: Behaviour = {};
  readonly sessions: Session[] = [];
  readonly chunks: SeenChunk[] = [];
  readonly files = new Map<string, StoredFile>();
  readonly requests: { method: string; path: string; key: string }[] = [];
  readonly calls: { key: string; path: string; body: string }[] = [];
  received = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#server = createServer((request, response) => {
      response.on("error", () => {});
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {}).on("close", () => this.#sockets.delete(socket));
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.origin);
    const key = String(request.headers["x-goog-api-key"] ?? "");
    this.requests.push({ method: request.method ?? "", path: url.pathname + url.search, key });
    const path = url.pathname.slice(this.#prefix.length);
    if (!url.pathname.startsWith(this.#prefix))
      return answer(response, ...googleError(404, "NOT_FOUND", "no such path"));
    if (path === "/upload/v1beta/files") {
      return url.searchParams.has("session")
        ? this.#continue(request, response, Number(url.searchParams.get("session")))
        : this.#start(request, response, key);
    }
    const name = /^\/v1beta\/(files\/[\w-]+)$/.exec(path)?.[1];
    if (name !== undefined) return this.#describe(response, key, name);
    if (path.startsWith("/v1beta/models/")) return this.#answer(request, response, key, path);
    return answer(response, 200, text({ models: [] }));
  }

  async #start(request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
    await read(request);
    const told = this.behaviour.start?.(key);
    if (told) return answer(response, ...told);
    const { "x-goog-upload-header-content-type": mimeType, "x-goog-upload-header-content-length": announced } =
      request.headers;
    const session = {
      key,
      mimeType: String(mimeType),
      announced: announced?.toString(),
      hash: createHash("sha256"),
      received: 0,
    };
    const place = `${this.#prefix}/upload/v1beta/files?session=${this.sessions.push(session) - 1}`;
    const target = this.behaviour.uploadUrl?.(place) ?? this.origin + place;
    answer(response, 200, "", { "x-goog-upload-status": "active", "x-goog-upload-url": target });
  }

  async #continue(request: IncomingMessage, response: ServerResponse, index: number): Promise<void> {
    const session = this.sessions[index];
    if (session === undefined) return answer(response, ...googleError(400, "INVALID_ARGUMENT", "no such upload"));
    const command = String(request.headers["x-goog-upload-command"]);
    if (command === "query") {
      const received = String(session.received);
      return answer(response, 200, "", { "x-goog-upload-status": "active", "x-goog-upload-size-received": received });
    }
    const offset = Number(request.headers["x-goog-upload-offset"]);
    const told = this.behaviour.chunk?.({ upload: index, command, offset });
    if (told === "stall") return void request.resume();
    if (told === "reset") return void request.socket.resetAndDestroy();
    if (Array.isArray(told)) {
      await read(request);
      return answer(response, ...told);
    }
    if (offset !== session.received) return answer(response, ...googleError(400, "INVALID_ARGUMENT", "wrong offset"));
    for await (const piece of request as AsyncIterable<Buffer>) {
      session.hash.update(piece);
      session.received += piece.length;
      this.received += piece.length;
    }
    this.chunks.push({ upload: index, command, offset, length: session.received - offset });
    if (told === "lose") return void request.socket.resetAndDestroy();
    if (command === "upload") return answer(response, 200, "", { "x-goog-upload-status": "active" });
    const file = this.#store(session);
    answer(response, 200, text({ file: this.#resource(file) }), { "x-goog-upload-status": "final" });
  }

  #store({ key, mimeType, received, hash }: Session): StoredFile {
    const name = `files/f${this.files.size}`;
    const uri = `https://generativelanguage.googleapis.com/v1beta/${name}`;
    const file = { name, uri, key, mimeType, size: received, sha256: hash.digest("hex"), polls: 0 };
    this.files.set(name, file);
    return file;
  }

  #resource(file: StoredFile): object {
    const { name, uri, mimeType, size } = file;
    const expirationTime = new Date(Date.now() + 172_800_000).toISOString();
    return {
      name,
      uri,
      mimeType,
      sizeBytes: String(size),
      expirationTime,
      state: this.behaviour.state?.(file) ?? "ACTIVE",
    };
  }

  #describe(response: ServerResponse, key: string, name: string): void {
    const file = this.files.get(name);
    if (file?.key !== key) return answer(response, ...forbidden(name));
    file.polls += 1;
    answer(response, 200, text(this.#resource(file)));
  }

  async #answer(request: IncomingMessage, response: ServerResponse, key: string, path: string): Promise<void> {
    const body = (await read(request)).toString("utf8");
    this.calls.push({ key, path, body });
    const told = this.behaviour.generate?.(key, this.calls.length);
    if (told) return answer(response, ...told);
    for (const [, name] of body.matchAll(/v1beta\/(files\/\w+)/g)) {
      if (this.files.get(name ?? "")?.key !== key) return answer(response, ...forbidden(name ?? ""));
    }
    if (path.endsWith(":countTokens")) return answer(response, 200, text({ totalTokens: 7 }));
    const chunk = {
      candidates: [{ content: { role: "model", parts: [{ text: "seen" }] }, finishReason: "STOP", index: 0 }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
    };
    if (path.endsWith(":generateContent")) return answer(response, 200, text(chunk));
    response.writeHead(200, { "content-type": "text/event-stream" }).end(`data: ${text(chunk)}\r\n\r\n`);
  }
}

const forbidden = (name: string): [number, string] =>
  googleError(
    403,
    "PERMISSION_DENIED",
    `You do not have permission to access the File ${name.slice(6)} or it may not exist.`,
  );

async function read(request: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
}

function answer(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
}
