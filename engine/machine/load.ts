/** Programs made ready to run: from a compiled module, or from the text a store gave back. */
import type { CompiledHandler } from '../program/compiled.ts'
import type { Bindings, Environment, LoadedProgram, Region } from '../program/environment.ts'
import type { Binding, Program, ProgramDebug } from '../program/program.ts'
import { primitives } from './primitives.ts'

/** The program of a module that is loaded in this process: its regions are the module's own functions. */
export function loadCompiled(compiled: CompiledHandler, env: () => Environment): LoadedProgram {
  const { hash, program, debug } = compiled
  const resolve = (binding: Binding): unknown => compiled.bindings[binding.name]
  const code = completed(compiled)
  return { hash, program, debug, code, bindings: bindingsOf(program, code, resolve, env) }
}

/** Regions that stand elsewhere in the module than the handler are not in place: they are made from the program's text. */
function completed({ hash, program, code }: CompiledHandler): readonly Region[] {
  const made: Region[] = []
  let text: readonly Region[] | undefined
  for (let index = 0; index < program.code.length; index++) {
    made.push(code[index] ?? ((text ??= regionsOf(program, hash))[index] as Region))
  }
  return made
}

function regionsOf(program: Program, hash: string): readonly Region[] {
  const lines = program.code.map((each) => `($, $i, $b, $e) => ${each}`)
  const source = `"use strict"; return [\n${lines.join(',\n')}\n]\n//# sourceURL=${sourceUrl(program, hash)}`
  // The programs of this database are code: see the trust boundary in docs/internals/program.md.
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function(source)() as readonly Region[]
}

/**
 * A program from its stored text. `resolve` finds late-bound names by origin and is asked when the name is used; it may
 * throw to say what is missing.
 */
export function instantiate(
  program: Program,
  hash: string,
  resolve: (binding: Binding) => unknown,
  env: () => Environment,
  debug?: ProgramDebug,
): LoadedProgram {
  const code = regionsOf(program, hash)
  return { hash, program, code, bindings: bindingsOf(program, code, resolve, env), ...(debug ? { debug } : {}) }
}

/** How stored programs appear in stacks. */
export function sourceUrl(program: Program, hash: string): string {
  return `justscale:///${program.path.replace(/^\//, '')}@${hash.slice(0, 12)}`
}

/** Functions and constants that a program brings along are made once, the rest is asked for each time. */
function bindingsOf(
  program: Program,
  code: readonly Region[],
  resolve: (binding: Binding) => unknown,
  env: () => Environment,
): Bindings {
  const bindings: Record<string, unknown> = {}
  for (const binding of program.bindings) {
    const { code: index } = binding
    if (index === undefined) {
      Object.defineProperty(bindings, binding.name, {
        get: () => resolve(binding),
        enumerable: true,
        configurable: true,
      })
      continue
    }
    Object.defineProperty(bindings, binding.name, {
      enumerable: true,
      configurable: true,
      get() {
        const around = env()
        const value = code[index]?.({}, around.dependencies, bindings, primitives(around))
        Object.defineProperty(bindings, binding.name, { value, enumerable: true, configurable: true })
        return value
      },
    })
  }
  return bindings
}
