/**
 * Loads .proto files with everything they import. An import is looked up from the folder of the importing file, then
 * from each folder above it up to the project (the folder of package.json), then from the configured roots.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { DescFile } from '@bufbuild/protobuf'
import { ProtoImportError } from '../errors.ts'
import { linkProto } from './link.ts'
import { parseProto, type ParsedProto } from './parse-file.ts'
import { wellKnownFile } from './well-known.ts'

export interface ProtoLoaderOptions {
  /** Further folders in which imports are looked up. A file inside one is named relative to it. Default: none. */
  readonly roots?: readonly string[]
}

export interface ProtoImport {
  /** As written in the proto. */
  readonly importPath: string
  /** Absolute path; undefined for protobuf's well-known files. */
  readonly path: string | undefined
  readonly file: DescFile
}

export interface LoadedProto {
  readonly path: string
  readonly file: DescFile
  readonly parsed: ParsedProto
  readonly imports: readonly ProtoImport[]
}

export interface ProtoLoader {
  /** Throws ProtoSyntaxError and ProtoImportError. */
  load(path: string): LoadedProto
}

/** A loader reads each file once; make a new one to see changes. */
export function createProtoLoader(options: ProtoLoaderOptions = {}): ProtoLoader {
  const roots = (options.roots ?? []).map((root) => resolve(root))
  const loaded = new Map<string, LoadedProto>()

  const load = (path: string, importedBy: readonly string[]): LoadedProto => {
    const known = loaded.get(path)
    if (known !== undefined) return known
    const parsed = parseProto(protoName(path, roots), readFileSync(path, 'utf8'))
    const chain = [...importedBy, path]
    const follow = (importPath: string): ProtoImport => followImport(parsed, path, importPath, chain)
    const imports = parsed.descriptor.dependency.map(follow)
    const optionImports = parsed.descriptor.optionDependency.map(follow)
    const file = linkProto(
      parsed,
      imports.map((entry) => entry.file),
      optionImports.map((entry) => entry.file),
    )
    const result = { path, file, parsed, imports }
    loaded.set(path, result)
    return result
  }

  const followImport = (
    parsed: ParsedProto,
    from: string,
    importPath: string,
    chain: readonly string[],
  ): ProtoImport => {
    const path = findImport(from, importPath, roots)
    const wellKnown = wellKnownFile(importPath)
    if (path === undefined && wellKnown !== undefined) return { importPath, path, file: wellKnown.file }
    const { line, column } = parsed.cursor.importPlaces.get(importPath) ?? { line: 1, column: 1 }
    if (path === undefined) {
      throw new ProtoImportError(`${parsed.descriptor.name}:${line}:${column}: cannot find "${importPath}"`, {
        hint: `looked from ${dirname(from)} up to the project folder${roots.map((root) => `, in ${root}`).join('')}`,
      })
    }
    if (chain.includes(path)) {
      const circle = [...chain.slice(chain.indexOf(path)), path].map((part) => protoName(part, roots)).join(' -> ')
      throw new ProtoImportError(`${parsed.descriptor.name}:${line}:${column}: files import each other: ${circle}`)
    }
    return { importPath, path, file: load(path, chain).file }
  }

  return { load: (path) => load(resolve(path), []) }
}

function findImport(from: string, importPath: string, roots: readonly string[]): string | undefined {
  const project = projectFolder(from)
  const folders: string[] = []
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    folders.push(folder)
    if (folder === project || folder === dirname(folder)) break
  }
  return [...roots, ...folders].map((folder) => join(folder, importPath)).find((candidate) => existsSync(candidate))
}

/** The name of a file in its descriptor: relative to the root or project that contains it, with forward slashes. */
function protoName(path: string, roots: readonly string[]): string {
  for (const base of [...roots, projectFolder(path)]) {
    const name = relative(base, path)
    if (!name.startsWith('..') && !isAbsolute(name)) return name.split(sep).join('/')
  }
  return path
}

function projectFolder(path: string): string {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) return dirname(path)
  }
}
