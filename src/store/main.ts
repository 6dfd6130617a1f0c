// Entry of `npm run licence`: one command line, then the exit code.
import { runLicenceCommand } from "./cli.ts";

process.exitCode = await runLicenceCommand(process.argv.slice(2), {
  environment: process.env,
  directory: process.cwd(),
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
});
