/**
 * A program: a compiled handler or exported routine as plain data. Its hash (of the canonical text, see `hash.ts`) is its
 * identity; what helps only people (positions, source) is kept apart in `ProgramDebug` and not hashed. This folder depends
 * on nothing: the machine and the runtime read programs without ever loading the compiler.
 */
import type { Op } from './op.ts'

export interface Program {
  readonly isa: 1
  readonly kind: 'process' | 'routine'
  /** The process's path pattern, or the routine's name. */
  readonly path: string
  /** Path parameters in order. */
  readonly params: readonly string[]
  /** Routine 0 is the handler (or the exported routine itself). */
  readonly routines: readonly Routine[]
  /** Native regions: each the body of `($, $i, $b, $e) =>`. Slots `$`, dependencies `$i`, bindings `$b`, primitives `$e`. */
  readonly code: readonly string[]
  readonly ops: readonly Op[]
  /** Exception table: innermost rows first. */
  readonly cleanup: readonly CleanupRow[]
  /** Slots that are live while the frame stands at a pc; only pcs where a frame can stand are listed. */
  readonly live: Readonly<Record<string, readonly string[]>>
  readonly bindings: readonly Binding[]
  /** Injected dependencies that the code uses, by inject key. */
  readonly dependencies: readonly string[]
  readonly steps: readonly StepSite[]
  readonly signals: readonly SignalSite[]
  /** Signal sites (indexes into `signals`) reachable from a pc, calls included; listed for the same pcs as `live`. */
  readonly reach: Readonly<Record<string, readonly number[]>>
}

/** A stretch of ops with frames of its own: handler, nested or module-level async function, fan-out callback. */
export interface Routine {
  readonly name: string
  readonly start: number
  /** End of its ops, exclusive. */
  readonly end: number
  /** Routine in whose frame its free variables live (`$.$p`); absent for the handler and module-level functions. */
  readonly parent?: number
  /** Its slots for per-iteration objects of the frame around, to the slots there: taken over when a frame is made. */
  readonly boxes?: Readonly<Record<string, string>>
  /** Slots that hold local functions or classes: never stored, made again by this code when a frame is restored. */
  readonly remade?: Readonly<Record<string, number>>
}

/**
 * What to do when a completion leaves ops [from, to): `catch` stores the error in `slot` and goes on at `handler`;
 * `finally` and `using` store the completion in `slot`.
 */
export interface CleanupRow {
  readonly from: number
  readonly to: number
  readonly handler: number
  readonly slot: string
  readonly kind: 'catch' | 'finally' | 'using'
}

/**
 * A name the program takes from outside. `origin` is `module#export` (`*` for a namespace); a module of the application is
 * written `<package name>/<path in it>`. With `code`, the program brings it along: a function or constant of its own module,
 * made once per loaded program by that region.
 */
export interface Binding {
  readonly name: string
  readonly origin: string
  readonly code?: number
}

/** One place in the source that awaits host code. */
export interface StepSite {
  /** `dependency`: a method of an injected dependency; `binding`: a call of an import or global; `value`: anything else. */
  readonly kind: 'dependency' | 'binding' | 'value'
  readonly dependency?: string
  readonly binding?: string
  /** Method name on the dependency or binding, dotted when deeper. */
  readonly method?: string
  readonly arity: number
  /** A read verb, or an await without a call: a read if the runtime finds a repository or reference there. */
  readonly read: boolean
  /** As written: `payments.charge`. Line and column are in `ProgramDebug.steps`. */
  readonly name: string
}

/** One signal that the program waits for. `code` gives its definition; it reads dependencies and bindings only. */
export interface SignalSite {
  readonly dependency?: string
  readonly name: string
  readonly code: number
  /** Waited for with a match of its own, or through a listener: routed by more than the process's parameters. */
  readonly keyed: boolean
}

/** What a program's source says of it. Not hashed; absent parts only make messages poorer. */
export interface ProgramDebug {
  /** Path of the source file, relative to its package. */
  readonly file: string
  /** Absolute path on the machine that compiled it. */
  readonly path?: string
  /** Source text of the handler and of what was compiled in, with the line it begins on. */
  readonly source: readonly { readonly line: number; readonly text: string }[]
  /** `[line, column]` per op, both from 1. */
  readonly positions: readonly (readonly [number, number])[]
  /** `[line, column]` per step site. */
  readonly steps: readonly (readonly [number, number])[]
  /** Line and column where each slot was declared. */
  readonly slots: Readonly<Record<string, readonly [number, number]>>
  /** Per native region: `[line in the region, column in it, source line, source column]`, all from 1, ascending. */
  readonly maps: readonly (readonly (readonly [number, number, number, number])[])[]
  /** Compiler's remarks that are not errors. */
  readonly warnings: readonly string[]
}
