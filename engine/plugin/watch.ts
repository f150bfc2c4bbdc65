/**
 * Edits of compiled modules under `bun --watch` and `--hot`: Bun does not watch what a plugin loaded, so a small module it
 * does watch is rewritten when one of them changes. Folders are watched, not files: editors save by renaming.
 */
import { readFileSync, watch, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'

const texts = new Map<string, string>()
const folders = new Set<string>()
let trigger: string | undefined

/** Turns watching on: `file` is a module that Bun itself watches. */
export function useTrigger(file: string): void {
  trigger = file
}

/** Notes that `path` was loaded with this text. */
export function watchForEdits(path: string, text: string): void {
  if (trigger === undefined) return
  texts.set(path, text)
  const folder = dirname(path)
  if (folders.has(folder)) return
  folders.add(folder)
  watch(folder, (_event, name) => {
    for (const known of texts.keys()) if (dirname(known) === folder && (!name || basename(known) === name)) check(known)
  }).unref()
}

function check(path: string): void {
  const text = read(path)
  if (trigger === undefined || text === undefined || text === texts.get(path)) return
  texts.set(path, text)
  writeFileSync(trigger, `export const edited = ${JSON.stringify(`${path} ${Bun.hash(text)}`)}\n`)
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
