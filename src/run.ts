// One run of the gateway: reads the configuration, starts, says where it listens, and drains when it is told to stop.
import { setTimeout as sleep } from "node:timers/promises";
import { startApp, type App } from "./app.ts";
import { ConfigError, EXIT_BAD_CONFIG, loadConfig, type Config } from "./config.ts";
import { createLogger, errorFields, type Logger } from "./telemetry/log.ts";

/** After a bug that nobody caught, running requests get so long, in milliseconds: the process is gone after 10 s (NP-1). */
const CRASH_DRAIN_MS = 9_500;

/** Resolves when the gateway serves; the process ends by itself after a signal. */
export async function run(): Promise<void> {
  const config = await readConfig();
  if (!config) return;
  const log = createLogger({ level: config.logLevel });
  for (const problem of config.warnings) log.warn("configuration", { problem });
  try {
    const app = await startApp(config, log);
    stopOnSignals(app, log);
    stopOnBugs(app, log);
    sayWhere(app, config);
  } catch (error) {
    if (error instanceof ConfigError) complain(error);
    else {
      const fields = errorFields(error);
      log.fatal("start failed", fields);
      // Whoever started us by hand reads this, at every log level.
      process.stderr.write(`gemini-gateway: start failed: ${fields.error}\n`);
      process.exitCode = 1;
    }
  }
}

async function readConfig(): Promise<Config | undefined> {
  try {
    return await loadConfig(process.env, process.cwd());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    complain(error);
    return undefined;
  }
}

function complain({ problems }: ConfigError): void {
  for (const problem of problems) process.stderr.write(`gemini-gateway: ${problem}\n`);
  process.exitCode = EXIT_BAD_CONFIG;
}

/**
 * The ready line is no log line: whoever waits for it must see it at every log level. It and the notices are one write, so that who
 * reads the one has the others.
 */
function sayWhere(app: App, config: Config): void {
  const { mintedLicence, http, upstream } = app;
  const lines = [readyLine(app)];
  if (upstream === "emulator") lines.push(EMULATOR_NOTICE);
  if (mintedLicence !== undefined) lines.push(licenceNotice(mintedLicence, http));
  else if (config.chatServiceUrl === undefined && process.stdout.isTTY) lines.push(MORE_LICENCES);
  process.stdout.write(lines.join(""));
}

function readyLine({ http, grpc, metrics, upstream }: App): string {
  if (process.stdout.isTTY) {
    return `gemini-gateway listening: HTTP ${http}${grpc ? `, gRPC ${grpc}` : ""}, upstream ${upstream}\n`;
  }
  const time = new Date().toISOString();
  return `${JSON.stringify({ time, level: "info", msg: "listening", http, grpc, metrics, upstream })}\n`;
}

const EMULATOR_NOTICE = `
  NO GEMINI KEY IS SET: answers come from the built-in emulator, not from Google.
  Set GEMINI_API_KEYS (keys from AI Studio) to talk to Gemini.
`;

const MORE_LICENCES = "\n  Licences: npm run licence -- list | create --name <name> | revoke <id>\n";

function licenceNotice(licence: string, http: string): string {
  return `
  A first licence was made. It is shown only now:

    ${licence}

  Try it:

    curl ${http}/gemini/v1/chat/completions \\
      -H 'Authorization: ${licence}' -H 'Content-Type: application/json' \\
      -d '{"model":"gemini-3.8-flash","messages":[{"role":"user","content":"Hello!"}]}'

`;
}

function stopOnSignals(app: App, log: Logger): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) {
      log.warn("second signal, exiting at once", { signal });
      process.exit(0);
    }
    stopping = true;
    log.info("draining", { signal });
    void app.drain().then(() => process.exit(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

/** An error that nobody caught leaves an unknown state: log once, let running requests finish for a while, exit. */
function stopOnBugs(app: App, log: Logger): void {
  const stop = (error: unknown): void => {
    log.fatal("uncaught error", errorFields(error));
    process.off("uncaughtException", stop).on("uncaughtException", () => undefined);
    void Promise.race([app.drain(), sleep(CRASH_DRAIN_MS)]).finally(() => process.exit(1));
  };
  process.on("uncaughtException", stop);
}
