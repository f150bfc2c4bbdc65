/** Compiled modules on disk, by what they were made from: source, path, and the compiler's own text. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileModule } from './compile-module.ts'
import { markUsed, pruneCache } from './prune-cache.ts'

/** The compiled module, or `undefined` when there is nothing to compile in it. Throws `CompileError`. */
export function compileCached(
  path: string,
  source: string,
  options: { readonly cache?: string | false; readonly bundling?: boolean },
): string | undefined {
  const folder = options.cache ?? join(process.cwd(), 'node_modules/.cache/justscale')
  if (folder === false) return compileModule(path, source, options.bundling === true).code
  const key = new Bun.CryptoHasher('sha256')
    .update(compilerVersion())
    .update('\0')
    .update(options.bundling ? 'bundle' : '')
    .update('\0')
    .update(path)
    .update('\0')
    .update(source)
    .digest('hex')
  const file = join(folder, `${key}.js`)
  const cached = fresh(read(file))
  if (cached !== undefined) {
    markUsed(file)
    return cached === '' ? undefined : cached
  }
  const { code, lookedInto } = compileModule(path, source, options.bundling === true)
  write(folder, file, headOf(lookedInto) + (code ?? ''))
  return code
}

const HEAD = '//looked-into '

/** The first line of what depends on other files: their paths and what was in them. */
function headOf(lookedInto: ReadonlyMap<string, string>): string {
  if (lookedInto.size === 0) return ''
  return `${HEAD}${JSON.stringify([...lookedInto].map(([path, text]) => [path, String(Bun.hash(text))]))}\n`
}

/** A stored text without its head, while the files it depends on are as they were. */
function fresh(stored: string | undefined): string | undefined {
  if (!stored?.startsWith(HEAD)) return stored
  const end = stored.indexOf('\n')
  const files = JSON.parse(stored.slice(HEAD.length, end)) as [path: string, hash: string][]
  const same = files.every(([path, hash]) => String(Bun.hash(read(path) ?? '')) === hash)
  return same ? stored.slice(end + 1) : undefined
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Folders that were pruned in this OS process: each is once, when it grows. */
const pruned = new Set<string>()

/** A cache that cannot be written is no cache: nothing else changes. */
function write(folder: string, file: string, text: string): void {
  try {
    mkdirSync(folder, { recursive: true })
    const temporary = `${file}.${process.pid}`
    writeFileSync(temporary, text)
    renameSync(temporary, file)
    if (!pruned.has(folder)) pruneCache(folder)
    pruned.add(folder)
  } catch {
    return
  }
}

let version: string | undefined

/** Changes with any file of the compiler. */
function compilerVersion(): string {
  if (version !== undefined) return version
  const hasher = new Bun.CryptoHasher('sha256').update(Bun.version)
  for (const folder of ['../compiler', '../compiler/lower', '../program']) {
    const path = join(import.meta.dir, folder)
    for (const name of readdirSync(path).sort()) {
      if (name.endsWith('.ts') && !name.endsWith('.test.ts')) hasher.update(readFileSync(join(path, name)))
    }
  }
  version = hasher.digest('hex')
  return version
}
