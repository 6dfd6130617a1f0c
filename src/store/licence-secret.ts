// What a licence is made of: random letters outside, a keyed digest at rest.
import { createHmac, randomInt } from "node:crypto";

/** Says whose secret it is, so that people and secret scanners know one that leaked. */
const PREFIX = "gg-";
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 238 random bits: nobody guesses it, and its digest cannot be searched for. */
const RANDOM_LENGTH = 40;

const ID_PREFIX = "lic_";
const ID_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
const ID_LENGTH = 16;

/** A new licence: 43 visible ASCII characters. */
export function mintLicence(): string {
  return PREFIX + randomText(ALPHABET, RANDOM_LENGTH);
}

/** A new id for a licence in the store: public, for lists and logs. */
export function mintLicenceId(): string {
  return ID_PREFIX + randomText(ID_ALPHABET, ID_LENGTH);
}

/**
 * The digest a licence is stored and looked up under, as hex. Looking up a keyed digest tells nothing by its timing:
 * without the pepper nobody can choose what is compared.
 */
export function digestLicence(pepper: string, licence: string): string {
  return createHmac("sha256", Buffer.from(pepper, "hex")).update(licence).digest("hex");
}

function randomText(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
}
