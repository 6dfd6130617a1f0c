// Which of our Gemini keys serves the next attempt: projects in turn, keys of a project in turn, bad keys put aside and tried again.
// Google counts quota per project, so a project that was told to wait is asked last.
import { createHash } from "node:crypto";
import type { Failure, FailureReason } from "../chat/failures.ts";
import type { Clock, KeyHandle, KeyPool, KeyWish } from "../chat/ports.ts";

/** A quarantined key gets one request after each of these waits, the last one again and again. */
const PROBE_AFTER_MS = [60_000, 300_000, 1_800_000] as const;
/** Waits of a project where Google names none, by failure. */
const COOLING_MS: Partial<Record<FailureReason, number>> = {
  RATE_LIMIT_EXCEEDED: 5_000,
  INSUFFICIENT_QUOTA: 60_000,
  UPSTREAM_REGION: 600_000,
};
/** No wait takes a project to the end of the queue for longer. Quotas of a day are per model: another model may still have some. */
const MAX_COOLING_MS = 600_000;

/** Hears when a key leaves and joins the rotation. */
interface KeyEvents {
  keyQuarantined(key: { keyIndex: number; project: string; reason: FailureReason }): void;
  keyRestored(key: { keyIndex: number; project: string }): void;
}

interface ProjectState {
  readonly name: string;
  coolUntilMs: number;
  /** Number of the pick that last chose it; 0 for never. */
  lastPick: number;
}

interface KeyState {
  readonly index: number;
  readonly project: ProjectState;
  lastPick: number;
  /** How often it was put aside in a row, and when it may be tried again; undefined while it is good. */
  quarantine: { readonly probes: number; readonly probeAtMs: number } | undefined;
}

type Excluded = Parameters<KeyPool["pick"]>[0];

export function createKeyPool(
  keys: readonly { readonly project: string }[],
  { clock, telemetry }: { readonly clock: Pick<Clock, "now">; readonly telemetry: KeyEvents },
): KeyPool {
  const states = toStates(keys);
  let picks = 0;
  const quarantine = (key: KeyState, reason: FailureReason): void => {
    // Calls that were under way when it was put aside say nothing new.
    if (key.quarantine) return;
    key.quarantine = nextQuarantine(0, clock.now());
    telemetry.keyQuarantined({ keyIndex: key.index, project: key.project.name, reason });
  };
  return {
    pick(excluded, wish) {
      const nowMs = clock.now();
      const key = chooseKey(states, excluded, wish, nowMs);
      if (!key) return undefined;
      if (key.quarantine) key.quarantine = nextQuarantine(key.quarantine.probes, nowMs);
      key.lastPick = key.project.lastPick = ++picks;
      return { index: key.index, project: key.project.name };
    },
    report({ index }: KeyHandle, outcome) {
      const key = states[index];
      if (!key) return;
      if (outcome === "ok") {
        if (key.quarantine) telemetry.keyRestored({ keyIndex: index, project: key.project.name });
        key.quarantine = undefined;
        return;
      }
      const { reason } = outcome;
      if (reason === "UPSTREAM_KEY_INVALID") quarantine(key, reason);
      else if (reason === "UPSTREAM_PROJECT_UNUSABLE") {
        for (const other of states) if (other.project === key.project) quarantine(other, reason);
      } else {
        const coolMs = coolingMs(outcome);
        if (coolMs > 0) key.project.coolUntilMs = Math.max(key.project.coolUntilMs, clock.now() + coolMs);
      }
    },
    usable() {
      const nowMs = clock.now();
      // A key that is due counts: a gateway that is not ready gets no request, and without one no key could prove good again.
      return states.some(({ quarantine: aside }) => !aside || aside.probeAtMs <= nowMs);
    },
  };
}

/**
 * The key for the next attempt; undefined when there is none. A quarantined key that is due gets a call's first attempt, for which
 * another key can still step in, or what no good key is left for. Otherwise: projects that need not wait, then the longest unused.
 */
function chooseKey(
  keys: readonly KeyState[],
  excluded: Excluded,
  wish: KeyWish | undefined,
  nowMs: number,
): KeyState | undefined {
  const owner = wish?.firstProjectOnly ? keys[0]?.project : undefined;
  const allowed = keys.filter(
    ({ index, project }) =>
      !excluded.keys.has(index) && !excluded.projects.has(project.name) && (owner === undefined || project === owner),
  );
  const good = allowed.filter(({ quarantine }) => !quarantine);
  const isFirst = excluded.keys.size === 0 && excluded.projects.size === 0;
  const due = allowed.find(({ quarantine }) => quarantine && quarantine.probeAtMs <= nowMs);
  if (due && (isFirst || good.length === 0)) return due;
  const rank = rankProjects(wish);
  return good.reduce<KeyState | undefined>(
    (best, key) => (best && !isBefore(key, best, nowMs, rank) ? best : key),
    undefined,
  );
}

/**
 * How far to the front a project stands: first the one that holds the call's files, then by the conversation (rendezvous hashing): each
 * has an order of its own, in which the loss of a project moves nobody else's. All are equal when there is neither.
 */
function rankProjects({ conversation, home }: Partial<KeyWish> = {}): (project: ProjectState) => string {
  if (home !== undefined) {
    const rank = rankProjects({ conversation: conversation ?? "" });
    return (project) => (project.name === home ? "" : ` ${rank(project)}`);
  }
  if (!conversation) return () => "";
  const ranks = new Map<ProjectState, string>();
  return (project) => {
    const known = ranks.get(project);
    if (known !== undefined) return known;
    const rank = createHash("sha256").update(`${conversation}\0${project.name}`).digest("hex");
    ranks.set(project, rank);
    return rank;
  };
}

function isBefore(one: KeyState, other: KeyState, nowMs: number, rank: (project: ProjectState) => string): boolean {
  const cooling = Number(one.project.coolUntilMs > nowMs) - Number(other.project.coolUntilMs > nowMs);
  if (cooling !== 0) return cooling < 0;
  const [oneRank, otherRank] = [rank(one.project), rank(other.project)];
  if (oneRank !== otherRank) return oneRank < otherRank;
  const turn = one.project.lastPick - other.project.lastPick;
  return turn === 0 ? one.lastPick < other.lastPick : turn < 0;
}

function nextQuarantine(probes: number, nowMs: number): NonNullable<KeyState["quarantine"]> {
  const waitMs = PROBE_AFTER_MS[Math.min(probes, PROBE_AFTER_MS.length - 1)] ?? 0;
  return { probes: probes + 1, probeAtMs: nowMs + waitMs };
}

function coolingMs({ reason, retryAfterMs }: Failure): number {
  const usual = COOLING_MS[reason];
  return usual === undefined ? 0 : Math.min(retryAfterMs ?? usual, MAX_COOLING_MS);
}

function toStates(keys: readonly { readonly project: string }[]): KeyState[] {
  const projects = new Map<string, ProjectState>();
  return keys.map(({ project: name }, index) => {
    const project = projects.get(name) ?? { name, coolUntilMs: 0, lastPick: 0 };
    projects.set(name, project);
    return { index, project, lastPick: 0, quarantine: undefined };
  });
}
