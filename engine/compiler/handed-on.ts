/**
 * The engine's words under names that a file of the application hands on: `export { delay as wait } from
 * '@justscale/engine'`, `export *`, `export * as engine`, `export const define = createProcess`, over any number of files.
 * What was read on the way is told, so that a cache knows when it is stale.
 */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseSync, type ParseResult, type StaticExportEntry } from 'oxc-parser'
import type { Node } from './ast.ts'
import { importReference } from './import-reference.ts'

/** What the names from a module on stand for: a word, `*` for the namespace of a module, `undefined` for anything else. */
export type Follow = (specifier: string, path: readonly string[]) => string | undefined

export interface HandedOn {
  readonly follow: Follow
  /** Texts by path of what was looked into. */
  readonly texts: ReadonlyMap<string, string>
}

/** A word, or the module that a namespace is of. */
type Found = { readonly word: string } | Module

interface Module {
  readonly specifier: string
  readonly from: string
}

/** `isWord`: whether a package's export is one of the words. */
export function handedOn(file: string, isWord: (specifier: string, name: string) => boolean): HandedOn {
  const texts = new Map<string, string>()
  const parsed = new Map<string, ParseResult>()

  function parse(path: string): ParseResult {
    const known = parsed.get(path)
    if (known) return known
    const text = read(path)
    texts.set(path, text)
    const found = parseSync(path, text)
    parsed.set(path, found)
    return found
  }

  function find({ specifier, from }: Module, name: string, seen: Set<string>): Found | undefined {
    if (isWord(specifier, name)) return { word: name }
    const path = resolved(specifier, from)
    if (path === undefined || seen.has(`${path}#${name}`)) return undefined
    seen.add(`${path}#${name}`)
    const entries = parse(path)
      .module.staticExports.flatMap((each) => each.entries)
      .filter((each) => !each.isType)
    const own = entries.find((each) => exportedAs(each) === name)
    // What a file names itself is meant, whatever else it hands on.
    if (own) return given(path, own, name, seen)
    if (name === 'default') return undefined
    for (const { moduleRequest } of entries.filter(isStar)) {
      const found = moduleRequest && find({ specifier: moduleRequest.value, from: path }, name, seen)
      if (found) return found
    }
    return undefined
  }

  function given(path: string, entry: StaticExportEntry, name: string, seen: Set<string>): Found | undefined {
    const { moduleRequest, importName, localName } = entry
    if (moduleRequest === null) return ofLocal(path, localName.name ?? name, seen)
    const module = { specifier: moduleRequest.value, from: path }
    return importName.kind === 'All' ? module : find(module, String(importName.name), seen)
  }

  function ofLocal(path: string, local: string, seen: Set<string>): Found | undefined {
    const reference = importReference(parse(path).program as unknown as Node, local)
    return reference && along({ specifier: reference.specifier, from: path }, reference.path, seen)
  }

  function along(module: Module, path: readonly string[], seen: Set<string>): Found | undefined {
    let at: Found | undefined = module
    for (const name of path) at = at && 'specifier' in at ? find(at, name, seen) : undefined
    return at
  }

  const follow: Follow = (specifier, path) => {
    const found = along({ specifier, from: file }, path, new Set())
    return found && ('word' in found ? found.word : '*')
  }
  return { texts, follow }
}

function isStar({ exportName, importName }: StaticExportEntry): boolean {
  return exportName.kind === 'None' && importName.kind === 'AllButDefault'
}

function exportedAs({ exportName }: StaticExportEntry): string | null {
  return exportName.kind === 'Default' ? 'default' : exportName.name
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
