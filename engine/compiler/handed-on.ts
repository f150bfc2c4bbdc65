/**
 * The engine's words under names that a file of the application hands on: `export { delay } from '@justscale/engine'`,
 * `export * from ...`, over any number of files. What was read on the way is told, so that a cache knows when it is stale.
 */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseSync, type StaticExportEntry } from 'oxc-parser'

/** The word that a name imported from another file stands for, or `undefined`. */
export type Follow = (specifier: string, name: string) => string | undefined

export interface HandedOn {
  readonly follow: Follow
  /** Texts by path of what was looked into. */
  readonly texts: ReadonlyMap<string, string>
}

/** `isWord`: whether a package's export is one of the words. */
export function handedOn(file: string, isWord: (specifier: string, name: string) => boolean): HandedOn {
  const texts = new Map<string, string>()
  const exportsOf = new Map<string, readonly StaticExportEntry[]>()

  function entries(path: string): readonly StaticExportEntry[] {
    const known = exportsOf.get(path)
    if (known) return known
    const text = read(path)
    texts.set(path, text)
    const found = parseSync(path, text).module.staticExports.flatMap((each) => each.entries)
    exportsOf.set(path, found)
    return found
  }

  function find(from: string, specifier: string, name: string, seen: Set<string>): string | undefined {
    if (isWord(specifier, name)) return name
    const path = resolved(specifier, from)
    if (path === undefined || seen.has(`${path}#${name}`)) return undefined
    seen.add(`${path}#${name}`)
    for (const { moduleRequest, importName, exportName, isType } of entries(path)) {
      if (moduleRequest === null || isType) continue
      const star = exportName.kind === 'None' && importName.kind === 'AllButDefault'
      const named = exportName.name === name && importName.kind === 'Name' && importName.name !== null
      const found =
        star || named ? find(path, moduleRequest.value, star ? name : String(importName.name), seen) : undefined
      if (found !== undefined) return found
    }
    return undefined
  }

  return { texts, follow: (specifier, name) => find(file, specifier, name, new Set()) }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** The file of the application that is meant; nothing in an installed package. */
function resolved(specifier: string, from: string): string | undefined {
  try {
    const path = Bun.resolveSync(specifier, dirname(from))
    return /^\/(?!.*\/node_modules\/).*\.[cm]?[jt]sx?$/.test(path.replaceAll('\\', '/').replace(/^[a-z]:/i, ''))
      ? path
      : undefined
  } catch {
    return undefined
  }
}
