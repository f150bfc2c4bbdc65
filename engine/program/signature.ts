/**
 * Signatures of stored programs: an HMAC of the program's hash. Whoever can write the database can store code that nodes run;
 * with a key that the database does not have, they run only what a build with the key has stored.
 */
import { timingSafeEqual } from 'node:crypto'

/** HMAC-SHA256 in hex. */
export function signProgram(hash: string, key: string): string {
  return new Bun.CryptoHasher('sha256', key).update(`justscale program ${hash}`).digest('hex')
}

/** Whether one of the keys made the signature. */
export function isSigned(hash: string, signature: string | undefined, keys: readonly string[]): boolean {
  if (signature === undefined) return false
  const given = Buffer.from(signature)
  return keys.some((key) => {
    const wanted = Buffer.from(signProgram(hash, key))
    return wanted.length === given.length && timingSafeEqual(wanted, given)
  })
}
