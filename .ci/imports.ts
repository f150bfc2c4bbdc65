/**
 * The house's plan as a check: which room may import which, no file of another room by path, and no cycle of imports
 * between files. `import type` counts for directions but not for cycles, because it is gone at run time.
 */
import { dirname, join, normalize } from 'node:path'

/** One import of one file; `typeOnly` when nothing of it is left at run time. */
export interface Import {
  readonly specifier: string
  readonly line: number
  readonly typeOnly: boolean
}

/** A file by its path from the root, with slashes, and what it imports. */
export interface SourceFile {
  readonly path: string
  readonly imports: readonly Import[]
}

/** What each room may import of ours. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  engine: [],
  core: ['engine'],
  http: ['core'],
  rpc: ['core'],
  'adapters/memory': ['core', 'engine'],
  'adapters/postgres': ['core', 'engine'],
  apps: ['core', 'engine', 'http', 'rpc', 'adapters/memory', 'adapters/postgres', 'apps'],
  docs: ['core', 'engine', 'http', 'rpc', 'adapters/memory', 'adapters/postgres', 'apps'],
}

/** Folders of core that know the engine; the others may use its types only. */
const bridge = ['core/process/', 'core/testing/']

const packages: Readonly<Record<string, string>> = {
  '@justscale/engine': 'engine',
  '@justscale/core': 'core',
  '@justscale/http': 'http',
  '@justscale/rpc': 'rpc',
  '@justscale/memory': 'adapters/memory',
  '@justscale/postgres': 'adapters/postgres',
  '@justscale/just': 'apps',
}

/** Every breach as a line to print: `file:line: what is wrong`. */
export function findBreaches(files: readonly SourceFile[]): string[] {
  return [...files.flatMap((file) => file.imports.flatMap((one) => breachOf(file, one))), ...findCycles(files)]
}

function breachOf(file: SourceFile, one: Import): string[] {
  const room = roomOf(file.path)
  if (room === undefined) return []
  const breach = (text: string) => [`${file.path}:${one.line}: ${text} (${one.specifier})`]
  if (one.specifier.startsWith('.')) {
    const target = roomOf(resolveRelative(file.path, one.specifier))
    return target === room || room === 'docs' ? [] : breach(`reaches out of ${room} by path; use the package's name`)
  }
  const target = packages[one.specifier.split('/').slice(0, 2).join('/')]
  if (target === undefined || target === room) return []
  if (!arrows[room]?.includes(target)) return breach(`${room} must not import ${target}`)
  const plain = room === 'core' && target === 'engine' && !bridge.some((folder) => file.path.startsWith(folder))
  return plain && !one.typeOnly ? breach('only core/process may use the engine at run time') : []
}

function roomOf(path: string): string | undefined {
  const [first = '', second = ''] = path.split('/')
  if (first === 'adapters') return `adapters/${second}`
  return first in arrows ? first : undefined
}

function resolveRelative(from: string, specifier: string): string {
  return normalize(join(dirname(from), specifier))
}

function findCycles(files: readonly SourceFile[]): string[] {
  const graph = new Map(files.map((file) => [file.path, runtimeTargets(file)]))
  const done = new Set<string>()
  const breaches: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) breaches.push(`cycle of imports: ${[...trail.slice(start), path].join(' -> ')}`)
    if (start >= 0 || done.has(path)) return
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  return breaches
}

function runtimeTargets(file: SourceFile): string[] {
  const relative = file.imports.filter((one) => !one.typeOnly && one.specifier.startsWith('.'))
  return relative.map((one) => resolveRelative(file.path, one.specifier))
}

/** The imports and re-exports written in `text`. Dynamic ones count for directions only: they are not made at load. */
export function readImports(text: string): Import[] {
  const bare = text.replaceAll(/\/\*[\s\S]*?\*\//g, blank).replaceAll(/^\s*\/\/.*$/gm, blank)
  const found: Import[] = []
  const statement = /^(?:import|export)\s+(type\s+)?((?:[\w$*\s,]|\{[^}]*\})*?from\s*)?['"]([^'"\n]+)['"]/gm
  for (const match of bare.matchAll(statement)) {
    const [whole, type, clause, specifier = ''] = match
    if (clause === undefined && whole.startsWith('export')) continue
    found.push({ specifier, line: lineOf(bare, match.index), typeOnly: type !== undefined || namesTypesOnly(clause) })
  }
  for (const match of bare.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)) {
    found.push({ specifier: match[1] ?? '', line: lineOf(bare, match.index), typeOnly: true })
  }
  return found
}

function namesTypesOnly(clause: string | undefined): boolean {
  const names = clause?.match(/^\s*\{([^}]*)\}\s*from\s*$/)?.[1]
  if (names === undefined) return false
  const each = names.split(',').filter((name) => name.trim() !== '')
  return each.length > 0 && each.every((name) => name.trim().startsWith('type '))
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ')
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}
