/**
 * The programs that an engine can run: those of its definitions, with their regions as functions of the loaded modules, and
 * those of processes that began with earlier code, read from the store and bound to what the modules offer now.
 */
import { ProcessDefinitionError, ProgramRefusedError, ProgramUnavailableError } from '../errors.ts'
import { instantiate, loadCompiled } from '../machine/index.ts'
import { compiledRoutine, routineOfStep, type CompiledHandler } from '../program/compiled.ts'
import type { Environment, LoadedProgram, PrimitiveHost } from '../program/environment.ts'
import { parseProgram, programText, textHash } from '../program/hash.ts'
import type { Binding, ProgramDebug, StepSite } from '../program/program.ts'
import { isSigned, signProgram } from '../program/signature.ts'
import type { StoredProgram } from '../store/records.ts'
import type { EngineStore } from '../store/store.ts'
import { boundClasses } from './bound-classes.ts'
import { compiledOf, type ProcessDefinition } from './definition.ts'
import { missingIn } from './missing.ts'

/** Tells whether a step only reads, from the dependency, or the import, that it is called on. */
export type ReadJudge = (dependency: unknown, site: StepSite) => boolean

export class Programs {
  readonly #store: EngineStore
  readonly #isRead: ReadJudge
  readonly #keys: readonly string[]
  readonly #host: PrimitiveHost
  readonly #definitions = new Map<string, ProcessDefinition>()
  readonly #compiled = new Map<string, CompiledHandler>()
  readonly #origins = new Map<string, () => unknown>()
  readonly #environments = new Map<string, DefinitionEnvironment>()
  /** Most processes at once of the definitions that say so. */
  readonly limits = new Map<string, number>()

  /** `keys`: the first signs what is stored, one of them must have signed what is run; none where nothing is signed. */
  constructor(store: EngineStore, host: PrimitiveHost, isRead: ReadJudge, keys: readonly string[] = []) {
    this.#store = store
    this.#keys = keys
    this.#host = host
    this.#isRead = isRead
  }

  add(definition: ProcessDefinition): void {
    if (this.#definitions.get(definition.path) === definition) return
    if (this.#definitions.has(definition.path)) {
      throw new ProcessDefinitionError(`Two processes are defined with the path ${definition.path}`)
    }
    this.#addCompiled(compiledOf(definition))
    this.#definitions.set(definition.path, definition)
    if (definition.concurrency !== undefined) this.limits.set(definition.path, checkedLimit(definition))
  }

  definitions(): readonly ProcessDefinition[] {
    return [...this.#definitions.values()]
  }

  definition(path: string): ProcessDefinition | undefined {
    return this.#definitions.get(path)
  }

  /** Classes of errors that handlers of this build can name. */
  readonly classes = boundClasses(this.#origins)

  /** Whether a program is of this build. */
  has(hash: string): boolean {
    return this.#compiled.has(hash)
  }

  /** Whether some process of this build imports what a stored program needs. */
  hasOrigin(origin: string): boolean {
    return this.#origins.has(origin)
  }

  /** Why a stored program must not be run, or `undefined`. */
  refusal({ hash, text, signature }: StoredProgram): string | undefined {
    if (textHash(text) !== hash) return 'its stored text is not what its hash says'
    if (this.#keys.length === 0 || isSigned(hash, signature, this.#keys)) return undefined
    return signature === undefined ? 'it is not signed' : 'it is signed with a key that this engine does not have'
  }

  /** All programs of this build, as the store keeps them. */
  stored(): readonly StoredProgram[] {
    const [key] = this.#keys
    return [...this.#compiled.values()].map(({ hash, program, debug }) => ({
      hash,
      definition: program.path,
      text: programText(program),
      debug: JSON.stringify({ ...debug, ...this.#modelsOf(hash) }),
      ...(key === undefined ? {} : { signature: signProgram(hash, key) }),
    }))
  }

  #modelsOf(hash: string): { readonly models?: Readonly<Record<string, string>> } {
    const models = this.definitions().find((definition) => compiledOf(definition).hash === hash)?.models
    return models === undefined ? {} : { models }
  }

  /** What programs of this definition find around them. */
  around(definition: ProcessDefinition): DefinitionEnvironment {
    const known = this.#environments.get(definition.path)
    if (known !== undefined) return known
    const environment = new DefinitionEnvironment(definition, this.#host, this.#isRead)
    for (const compiled of this.#compiled.values()) if (compiled.program.kind === 'routine') environment.adopt(compiled)
    environment.adopt(compiledOf(definition))
    this.#environments.set(definition.path, environment)
    return environment
  }

  /** The environment for a stored process with the programs of `hashes`; reads from the store what is not of this build. */
  async environment(path: string, hashes: readonly string[]): Promise<Environment> {
    const definition = this.#definitions.get(path)
    if (definition === undefined) {
      throw new ProgramUnavailableError(`No process with the path ${path} is defined here`, {
        hint: 'Add the definition to this application, or let it run on a node that has it.',
      })
    }
    const environment = this.around(definition)
    for (const hash of hashes) if (!environment.has(hash)) await this.#load(environment, hash)
    return environment
  }

  async #load(environment: DefinitionEnvironment, hash: string): Promise<void> {
    const stored = await this.#store.getProgram(hash)
    if (stored === undefined)
      throw new ProgramUnavailableError(`The program ${hash} is neither of this build nor in the store`)
    const refusal = this.refusal(stored)
    if (refusal !== undefined) {
      throw new ProgramRefusedError(`The program ${hash.slice(0, 12)} of ${stored.definition} is not run: ${refusal}`, {
        hint: 'Let a build that has this program, and the key, store it again; or end the processes that run it.',
      })
    }
    const debug = JSON.parse(stored.debug) as ProgramDebug
    const program = parseProgram(stored.text)
    const missing = missingIn(program, environment.dependencies, (origin) => this.hasOrigin(origin))
    if (missing.length > 0) {
      throw new ProgramUnavailableError(
        `The program ${hash.slice(0, 12)} of ${stored.definition} needs what this build lacks: ${missing.join('; ')}`,
        {
          hint: 'Its processes wait for a build that has it. Keep imports in the file of the process until those have ended.',
        },
      )
    }
    const resolve = (binding: Binding) => this.#origin(binding.origin, hash)
    environment.install(instantiate(program, hash, resolve, () => environment, debug))
  }

  #origin(origin: string, hash: string): unknown {
    const read = this.#origins.get(origin)
    if (read === undefined) {
      throw new ProgramUnavailableError(
        `The program ${hash.slice(0, 12)} needs ${origin}, which no process of this build imports`,
        {
          hint: 'Keep the import in the file of the process until the processes that began with it have ended.',
        },
      )
    }
    return read()
  }

  #addCompiled(compiled: CompiledHandler): void {
    if (this.#compiled.has(compiled.hash)) return
    this.#compiled.set(compiled.hash, compiled)
    for (const { name, origin, code } of compiled.program.bindings) {
      if (code !== undefined) continue
      this.#origins.set(origin, () => compiled.bindings[name])
      this.#addRoutine(() => compiledRoutine(compiled.bindings[name]))
    }
    for (const site of compiled.program.steps)
      if (site.method !== undefined) this.#addRoutine(() => routineOfStep(site, compiled.bindings))
  }

  #addRoutine(find: () => CompiledHandler | undefined): void {
    let routine: CompiledHandler | undefined
    try {
      routine = find()
    } catch (error) {
      // Declared below, and not there yet: it is looked up again when it is called.
      if (!(error instanceof ReferenceError)) throw error
    }
    if (routine !== undefined) this.#addCompiled(routine)
  }
}

/** Dependencies of one definition, and the programs that its processes run. */
class DefinitionEnvironment implements Environment {
  readonly dependencies: Readonly<Record<string, unknown>>
  readonly host: PrimitiveHost
  readonly #isRead: ReadJudge
  readonly #loaded = new Map<string, LoadedProgram>()

  constructor(definition: ProcessDefinition, host: PrimitiveHost, isRead: ReadJudge) {
    this.dependencies = definition.inject
    this.host = host
    this.#isRead = isRead
  }

  has(hash: string): boolean {
    return this.#loaded.has(hash)
  }

  install(program: LoadedProgram): void {
    this.#loaded.set(program.hash, program)
  }

  isRead(site: StepSite, binding?: unknown): boolean {
    return this.#isRead(site.dependency === undefined ? binding : this.dependencies[site.dependency], site)
  }

  program(hash: string): LoadedProgram {
    const program = this.#loaded.get(hash)
    if (program === undefined) throw new ProgramUnavailableError(`The program ${hash} is not loaded`)
    return program
  }

  adopt(routine: CompiledHandler): LoadedProgram {
    const known = this.#loaded.get(routine.hash)
    if (known !== undefined) return known
    const loaded = loadCompiled(routine, () => this)
    this.#loaded.set(routine.hash, loaded)
    return loaded
  }
}

function checkedLimit({ path, concurrency = 0 }: ProcessDefinition): number {
  if (Number.isSafeInteger(concurrency) && concurrency > 0) return concurrency
  throw new ProcessDefinitionError(`The concurrency of ${path} is ${concurrency}: it must be a whole number from 1 on`)
}
