/**
 * The compiler, loaded when the first module has to be compiled: a start with everything in the cache goes without its
 * parser and printer. Warnings are told here, so once per text of a module.
 */
import { describe } from '../compiler/diagnostic.ts'
import type { transform } from '../compiler/index.ts'

type Compiler = { readonly transform: typeof transform }

let compiler: Compiler | undefined
let loading = false

/** Whether the module being loaded is one of the compiler's own. */
export function isCompilerLoading(): boolean {
  return loading
}

export interface CompiledModule {
  /** Absent when there is nothing to compile. */
  readonly code?: string
  /** Other files, by path, whose text it depends on. */
  readonly lookedInto: ReadonlyMap<string, string>
}

/** Throws `CompileError`. */
export function compileModule(path: string, source: string, bundling: boolean): CompiledModule {
  const compiled = load().transform(path, source, { bundling })
  if (process.env['JUSTSCALE_ENV'] !== 'production')
    for (const warning of new Set(compiled?.warnings.map(describe))) console.warn(`Warning: ${warning}\n`)
  return compiled ?? { lookedInto: new Map() }
}

function load(): Compiler {
  if (compiler) return compiler
  loading = true
  try {
    compiler = import.meta.require('../compiler/index.ts') as Compiler
  } catch (error) {
    if (!String(error).includes('async module')) throw error
    throw new Error(
      'A module that has to be compiled is loaded together with the compiler: load "@justscale/engine/compiler" with `await import(...)`, in a module of its own',
      { cause: error },
    )
  } finally {
    loading = false
  }
  return compiler
}
