/**
 * Process definitions of the engine alone. The compiler plugin replaces `handler` by its program; a definition whose
 * handler is still a function was not compiled and cannot be started. A definition is a callable: inside steps it starts
 * the process through the engine of the async context.
 */
import { calledFrom } from '../called-from.ts'
import { NotCompiledError } from '../errors.ts'
import { type CompiledHandler, isCompiledHandler } from '../program/compiled.ts'
import { requireEngine } from './engine-context.ts'
import type { ProcessHandle } from './handle.ts'
import { pathParameters } from './path.ts'

type ParameterNames<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? ParameterNames<Segment> | ParameterNames<Rest>
  : Path extends `:${infer Name}`
    ? Name
    : never

type ParameterTuple<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? [...ParameterTuple<Segment>, ...ParameterTuple<Rest>]
  : Path extends `:${string}`
    ? [string]
    : []

export type NamedParameters<Path extends string> = { readonly [Name in ParameterNames<Path>]: string }

/** Parameters as a handler gets them: by name and by position. */
export type Parameters<Path extends string> = NamedParameters<Path> & Readonly<ParameterTuple<Path>>

/** What the type of a path says whose parameter has a name that arrays have: parameters are taken by name and by position. */
export interface TakenParameterError<Name> {
  readonly 'This parameter is also a member of every array: choose another name': Name
}

/** Nothing, or the error that `path` has to be. */
export type CheckedPath<Path extends string> = [Extract<ParameterNames<Path>, keyof unknown[]>] extends [never]
  ? unknown
  : { readonly path: TakenParameterError<Extract<ParameterNames<Path>, keyof unknown[]>> }

/** The handler's third argument. */
export interface ProcessControls<Data = unknown> {
  /** Publishes the process's live data, stored with the next checkpoint and read as `handle.data` on any node. */
  publish(value: Data): void
}

/** What an engine has to know of a definition, whoever made it. */
export interface ProcessDefinition {
  readonly path: string
  readonly params: readonly string[]
  /** Injected dependencies, or what stands for them, by key. */
  readonly inject: Readonly<Record<string, unknown>>
  /** Names of what stands behind parameters that are references: stored with the program, for whoever inspects processes. */
  readonly models?: Readonly<Record<string, string>>
  /** Most processes of this definition that a node runs at once; those that wait do not count (default: no limit of its own). */
  readonly concurrency?: number
  readonly handler: CompiledHandler | ((...args: never[]) => Promise<unknown>)
  /** Where it stands, when it was not compiled. */
  readonly definedAt?: string
}

export interface Process<Given, Result> extends ProcessDefinition {
  /** Starts the process, or finds the one that has these parameters. By name or, as a tuple, by position. */
  (params: Given): Promise<ProcessHandle<Result>>
}

export interface ProcessOptions<Path extends string, Inject extends Record<string, unknown>, Result> {
  /** Identity of an instance: `/subscription/:user`. Written as a literal. */
  readonly path: Path
  /** What the handler uses of the outside: objects whose methods are its steps. */
  readonly inject?: Inject
  /** Most of them that a node runs at once; those that wait do not count (default: no limit of its own). */
  readonly concurrency?: number
  handler(dependencies: Inject, params: Parameters<Path>, process: ProcessControls): Promise<Result>
}

export function defineProcess<const Path extends string, Inject extends Record<string, unknown>, Result>(
  options: ProcessOptions<Path, Inject, Result> & CheckedPath<Path>,
): Process<NamedParameters<Path> | Readonly<ParameterTuple<Path>>, Result> {
  const process = (given: unknown): Promise<ProcessHandle<Result>> =>
    requireEngine(`the process ${options.path}`).run(process as unknown as Process<unknown, Result>, given)
  const definition: ProcessDefinition = {
    path: options.path,
    params: pathParameters(options.path),
    inject: options.inject ?? {},
    ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
    handler: options.handler,
    ...uncompiledAt(options.handler, defineProcess),
  }
  return Object.assign(process, definition) as never
}

/** The place of a definition that was not compiled, made by a call of `define`. */
export function uncompiledAt(
  handler: unknown,
  define: (...args: never[]) => unknown,
): Pick<ProcessDefinition, 'definedAt'> {
  const definedAt = isCompiledHandler(handler) ? undefined : calledFrom(define)
  return definedAt === undefined ? {} : { definedAt }
}

/** The program of a definition. Throws `NotCompiledError` when the plugin was not loaded. */
export function compiledOf(definition: ProcessDefinition): CompiledHandler {
  if (isCompiledHandler(definition.handler)) return definition.handler
  throw new NotCompiledError(`The process ${definition.path}`, 'process', definition.definedAt)
}
