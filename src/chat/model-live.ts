// What the upstream's own list says of a model, on top of the table of abilities: the list is newer than any table.
import { isCatalogued } from "./model-catalogue.ts";
import { type ModelProfile, profileOf } from "./model-profile.ts";
import type { UpstreamModel } from "./ports.ts";

const profiles = new WeakMap<UpstreamModel, ModelProfile>();

/** The abilities behind an upstream id; `listed`: its entry in the upstream's list, where that is known. */
export function liveProfileOf(id: string, listed: UpstreamModel | undefined): ModelProfile {
  if (listed === undefined) return profileOf(id);
  const known = profiles.get(listed);
  if (known !== undefined) return known;
  const profile = join(profileOf(id), listed);
  profiles.set(listed, profile);
  return profile;
}

function join(profile: ModelProfile, { outputTokenLimit, maxTemperature, thinking }: UpstreamModel): ModelProfile {
  // Of a model nobody knows the list tells whether it thinks: it leaves the flag out of those that do not (recorded lists of 2025).
  const thinks = thinking === true || isCatalogued(profile.id);
  // A model that decodes over several calls lists the limit of one of them.
  const limited = outputTokenLimit > 0 && !profile.longDecode;
  return {
    ...profile,
    ...(!thinks && { thinking: { kind: "none" } }),
    ...(limited && { outputTokenLimit }),
    ...(maxTemperature !== undefined && { maxTemperature }),
  };
}
