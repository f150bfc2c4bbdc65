/** Shards of a namespace. Fixed for the life of the namespace. */
export const SHARDS = 256

/** The shard a process gets when its starter has none: by path, so that it is the same for all who start it. */
export function shardOf(path: string): number {
  return Number(Bun.hash(path) % BigInt(SHARDS))
}
