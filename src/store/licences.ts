// Licences in the store: created, listed and revoked. At rest each is an HMAC-SHA-256 under a random pepper that the
// store makes for itself and keeps beside them, so that all replicas of one store agree and no secret needs configuring.
// A licence has 238 random bits, so a thief of the store cannot search for it even with the pepper.
import type { Database } from "./database.ts";
import { digestLicence, mintLicence, mintLicenceId } from "./licence-secret.ts";
import { bumpLicenceRevision, FACTS, type LicenceRow } from "./schema.ts";

/** A licence without its secret. */
export interface LicenceRecord {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  /** Undefined while it is valid. */
  readonly revokedAt: Date | undefined;
}

/** A request about licences that cannot be fulfilled; the message is for the operator. */
export class LicenceError extends Error {
  override name = "LicenceError";
}

const NAME_MAX_LENGTH = 64;

/** `lic_` and enough of the rest that a slip does not hit a stranger. */
const ID_OR_PREFIX = /^lic_[0-9a-z]{4,16}$/;

/** Creates a licence. The secret is in the answer and nowhere else. Throws LicenceError for an impossible name. */
export async function createLicence(db: Database, name: string): Promise<{ licence: string; id: string }> {
  if (name.trim() === "" || name.length > NAME_MAX_LENGTH || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(name)) {
    throw new LicenceError(`a name has 1 to ${NAME_MAX_LENGTH} characters and no control characters`);
  }
  const licence = mintLicence();
  const id = mintLicenceId();
  const digest = digestLicence(await readLicencePepper(db), licence);
  await db.transaction().execute(async (transaction) => {
    await bumpLicenceRevision(transaction);
    await transaction
      .insertInto("licences")
      .values({ id, name: name.trim(), digest, created_at: Date.now(), revoked_at: null })
      .execute();
  });
  return { licence, id };
}

/** All licences that ever were, oldest first. */
export async function listLicences(db: Database): Promise<LicenceRecord[]> {
  const rows = await db.selectFrom("licences").selectAll().orderBy("created_at").orderBy("id").execute();
  return rows.map(toRecord);
}

/** Revokes the licence an id, or the beginning of one id only, stands for; once revoked it stays as it is. Throws LicenceError. */
export async function revokeLicence(db: Database, idOrPrefix: string): Promise<LicenceRecord> {
  if (!ID_OR_PREFIX.test(idOrPrefix)) {
    throw new LicenceError("name the licence by its id (lic_…) as the list shows it, or by 4 or more characters of it");
  }
  return db.transaction().execute(async (transaction) => {
    await bumpLicenceRevision(transaction);
    const rows = await transaction
      .selectFrom("licences")
      .selectAll()
      .where("id", "like", `${idOrPrefix}%`)
      .limit(2)
      .execute();
    const [row, another] = rows;
    if (row === undefined) throw new LicenceError(`no licence has the id ${idOrPrefix}`);
    if (another !== undefined) throw new LicenceError(`more than one licence begins with ${idOrPrefix}`);
    const revoked = { ...row, revoked_at: row.revoked_at ?? Date.now() };
    await transaction.updateTable("licences").set("revoked_at", revoked.revoked_at).where("id", "=", row.id).execute();
    return toRecord(revoked);
  });
}

/** The key of the digests. */
export async function readLicencePepper(db: Database): Promise<string> {
  return readFact(db, FACTS.licencePepper);
}

/** A text that differs whenever licences have changed. */
export async function readLicenceRevision(db: Database): Promise<string> {
  return readFact(db, FACTS.licenceRevision);
}

/** All licences that are valid now, with their digests. */
export async function readValidLicences(db: Database): Promise<Pick<LicenceRow, "id" | "name" | "digest">[]> {
  return db.selectFrom("licences").select(["id", "name", "digest"]).where("revoked_at", "is", null).execute();
}

async function readFact(db: Database, name: string): Promise<string> {
  const { value } = await db.selectFrom("facts").select("value").where("name", "=", name).executeTakeFirstOrThrow();
  return value;
}

function toRecord(row: LicenceRow): LicenceRecord {
  return {
    id: row.id,
    name: row.name,
    createdAt: new Date(row.created_at),
    revokedAt: row.revoked_at === null ? undefined : new Date(row.revoked_at),
  };
}
