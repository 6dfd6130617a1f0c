// One whole run: mocks and targets are started, checked, measured and ended.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Choice } from "./choice.ts";
import { measureFresh } from "./fresh.ts";
import { LoadClient } from "./load-client.ts";
import { startMock, startTlsMock, type Mock } from "./mocks.ts";
import { profile, type Shares } from "./profile.ts";
import { runRounds } from "./rounds.ts";
import type { Sample } from "./samples.ts";
import { directTarget, startTarget, type Target, type TargetSetting } from "./targets.ts";
import { verify } from "./verify.ts";

export type Progress = (text: string) => void;

/** All samples of the chosen scenarios. Rejects when an answer is wrong: then no figure counts. */
export async function measureAll(choice: Choice, onProgress: Progress): Promise<Sample[]> {
  await using resources = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "gateway-bench-"));
  resources.defer(() => rm(directory, { recursive: true }));
  const mock = await startMock();
  resources.use(mock.process);
  const client = resources.use(new LoadClient());
  const interleaved = await measureInterleaved(choice, client, toSetting(choice, mock, directory), onProgress);
  return [...interleaved, ...(await measureApart(choice, client, mock, directory, onProgress))];
}

/** Profiles of the chosen scenarios and targets, by a heading for each. */
export async function profileAll(choice: Choice, onProgress: Progress): Promise<[string, Shares][]> {
  await using resources = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "gateway-bench-"));
  resources.defer(() => rm(directory, { recursive: true }));
  const mock = await startMock();
  resources.use(mock.process);
  const client = resources.use(new LoadClient());
  const profiles: [string, Shares][] = [];
  for (const scenario of choice.scenarios) {
    for (const name of choice.targets) {
      if (name === "direct" || !scenario.targets.includes(name)) continue;
      onProgress(`profiling ${name}, ${scenario.name}`);
      const shares = await profile(client, scenario, name, toSetting(choice, mock, directory));
      profiles.push([`${name}, ${scenario.name}`, shares]);
    }
  }
  return profiles;
}

async function measureInterleaved(
  choice: Choice,
  client: LoadClient,
  setting: TargetSetting,
  onProgress: Progress,
): Promise<Sample[]> {
  const scenarios = choice.scenarios.filter(({ fresh }) => !fresh);
  await using resources = new AsyncDisposableStack();
  const targets: Target[] = [];
  for (const name of choice.targets) {
    if (!scenarios.some((scenario) => scenario.targets.includes(name))) continue;
    if (name === "direct") targets.push(directTarget(setting.mockOrigin));
    else {
      const { target, process } = await startTarget(name, setting);
      resources.use(process);
      targets.push(target);
      await verify(target);
    }
  }
  return scenarios.length === 0 ? [] : await runRounds(client, { ...choice, scenarios, targets }, onProgress);
}

async function measureApart(
  choice: Choice,
  client: LoadClient,
  mock: Mock,
  directory: string,
  onProgress: Progress,
): Promise<Sample[]> {
  const tlsMock = await startTlsMock(directory);
  await using _ = tlsMock.process;
  const samples: Sample[] = [];
  for (const scenario of choice.scenarios) {
    if (!scenario.fresh) continue;
    const setting = toSetting(choice, scenario.tls ? tlsMock : mock, directory);
    const rounds = scenario.load === "start" ? choice.rounds : scenario.load === "slow" ? choice.slowRounds : 1;
    for (let round = 0; round < rounds; round++) {
      for (const name of scenario.targets) {
        if (name === "direct" || !choice.targets.includes(name)) continue;
        onProgress(`${scenario.name}, ${name}, ${round + 1} of ${rounds}`);
        samples.push(await measureFresh(client, scenario, name, setting, round, choice.measureMs));
      }
    }
  }
  return samples;
}

function toSetting({ logLevel }: Choice, { origin, certificateFile }: Mock, directory: string): TargetSetting {
  return { mockOrigin: origin, certificateFile, directory, logLevel };
}
