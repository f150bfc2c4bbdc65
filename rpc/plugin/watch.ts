/**
 * Edits of .proto files under `bun --watch` and `--hot`: Bun does not watch what a plugin loaded, so a small module that it
 * does watch is rewritten when one of them changes. Folders are watched, not files: editors save by renaming.
 */
import { mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

/** Hash of each file as it was loaded, by folder and name. */
const folders = new Map<string, Map<string, string>>()
let trigger: string | undefined

/** Turns watching on, when Bun itself watches. */
export async function watchEdits(): Promise<void> {
  if (!process.execArgv.some((argument) => argument === '--watch' || argument === '--hot')) return
  const folder = join(tmpdir(), 'justscale-edits')
  const file = join(folder, `proto-${process.pid}.js`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, 'export const edited = ""\n')
  trigger = file
  await import(file)
}

/** Notes that the file was loaded, as it is now. */
export function watchForEdits(path: string): void {
  if (trigger === undefined) return
  const folder = dirname(path)
  const known = folders.get(folder) ?? new Map<string, string>()
  known.set(basename(path), hashOf(path) ?? '')
  if (folders.has(folder)) return
  folders.set(folder, known)
  watch(folder, () => {
    for (const [name, hash] of known) check(known, join(folder, name), hash)
  }).unref()
}

function check(known: Map<string, string>, path: string, hash: string): void {
  const now = hashOf(path)
  // Gone for a moment while an editor replaces it.
  if (trigger === undefined || now === undefined || now === hash) return
  known.set(basename(path), now)
  writeFileSync(trigger, `export const edited = ${JSON.stringify(`${path} ${now}`)}\n`)
}

function hashOf(path: string): string | undefined {
  try {
    return Bun.hash(readFileSync(path)).toString(36)
  } catch {
    return undefined
  }
}
