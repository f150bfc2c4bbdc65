/**
 * `createProcess`: a durable process as a component of the app. It is added to the app, and called to be started:
 * `const handle = await campaignLifecycle({ campaign })`. Starting twice with the same parameters gives the same process;
 * `await campaignLifecycle.find({ campaign })` gives it without starting it.
 */
import {
  NotCompiledError,
  isCompiledHandler,
  pathParameters,
  uncompiledAt,
  type CheckedPath,
  type ProcessControls,
  type ProcessDefinition,
  type ProcessHandle,
} from '@justscale/engine'
import { componentMeta, type ComponentMeta, type componentFacts, type Dependencies } from '../container/component.ts'
import type { InjectableFacts } from '../container/define-component.ts'
import { type InjectedDependencies, type injectedAs, type Lazy, lazy } from '../container/token.ts'
import { currentApp, runInApp } from '../app/context.ts'
import type { Given, ParameterNames, ParameterTuple, ParameterTypes, Received } from './parameter-types.ts'
import { engineOf, partOfCaller, ProcessEngine } from './process-engine.ts'

/** Parameters as the handler gets them: by name, and by position. */
export type ProcessParameters<Path extends string, Types> = {
  readonly [Name in ParameterNames<Path>]: Received<Name, Types>
} & ReceivedTuple<ParameterTuple<Path>, Types>

type ReceivedTuple<Names, Types> = {
  readonly [Index in keyof Names]: Names[Index] extends string ? Received<Names[Index], Types> : never
}
type GivenTuple<Names, Types> = {
  readonly [Index in keyof Names]: Names[Index] extends string ? Given<Names[Index], Types> : never
}

/** Parameters as the starter gives them. */
export type ProcessStart<Path extends string, Types> =
  { readonly [Name in ParameterNames<Path>]: Given<Name, Types> } | GivenTuple<ParameterTuple<Path>, Types>

export interface ProcessOptions<Path extends string, Types, Injected, Result> {
  /** Identity of an instance, written as a literal: `/campaign/:campaign/lifecycle`. */
  readonly path: Path
  /** Models of parameters: `{ Campaign }` makes `:campaign` a reference. Others are texts. */
  readonly types?: Types
  readonly inject?: Injected
  /** Most of them that a node runs at once; those that wait do not count (default: no limit of its own). */
  readonly concurrency?: number
  handler(
    dependencies: InjectedDependencies<Injected>,
    params: ProcessParameters<Path, Types>,
    process: ProcessControls,
  ): Promise<Result>
}

interface EngineNeed {
  readonly engine: Lazy<typeof ProcessEngine>
}

/** A race in a `switch (true)` never falls through, which types cannot know: without the `undefined` of falling through. */
export type Finished<Result> = [Exclude<Result, undefined>] extends [never] ? Result : Exclude<Result, undefined>

/** Starts processes, and finds those that were started. */
export interface ProcessCalls<Path extends string, Types, Result> {
  /** Starts the process, or gives the one that has these parameters already. */
  (params: ProcessStart<Path, Types>): Promise<ProcessHandle<Finished<Result>>>
  /**
   * The process with these parameters, to await it or to look at it, without starting it: `undefined` when there is none.
   * One that ended is found until it is forgotten; one that an open transaction has started is not found yet.
   */
  find(params: ProcessStart<Path, Types>): Promise<ProcessHandle<Finished<Result>> | undefined>
}

/** A process of the app. Injected, it is the same callable. */
export interface ProcessComponent<Path extends string, Types, Injected, Result> extends ProcessCalls<
  Path,
  Types,
  Result
> {
  readonly path: Path
  readonly [componentMeta]: ComponentMeta
  readonly [componentFacts]: InjectableFacts<Path, Injected | EngineNeed>
  readonly [injectedAs]: () => ProcessCalls<Path, Types, Result>
}

/** What the container keeps of a process. */
export interface ProcessDetail extends Omit<ProcessDefinition, 'inject'> {
  readonly types: ParameterTypes
}

/** What is made of a process in an app: its dependencies, found by its feature when the engine starts. */
export const processDependencies: unique symbol = Symbol('justscale.processDependencies')

/**
 * A durable process, as a component to add, to inject and to call: `const handle = await orderLife({ order })`. Its path with the
 * parameters is its identity: to start it again gives the one that runs. `types` makes parameters references to models.
 */
export function createProcess<
  const Path extends string,
  const Types extends ParameterTypes = Record<never, never>,
  Injected extends Dependencies = Record<never, never>,
  Result = unknown,
>(
  options: ProcessOptions<Path, Types, Injected, Result> & CheckedPath<Path>,
): ProcessComponent<Path, Types, Injected, Result> {
  const { path, types = {}, inject = {}, concurrency } = options
  const handler: ProcessDefinition['handler'] = options.handler
  const limit = concurrency === undefined ? {} : { concurrency }
  const place = uncompiledAt(handler, createProcess)
  const detail: ProcessDetail = { path, params: pathParameters(path), handler, types, ...limit, ...place }
  const start = async (given: unknown) => {
    requireCompiled(detail)
    const engine = await engineOf(`the process ${path}`)
    return await engine.startProcess({ ...detail, inject: {} }, given, partOfCaller(engine))
  }
  const find = async (given: unknown) => {
    const engine = await engineOf(`the process ${path}`)
    return await engine.findProcess({ ...detail, inject: {} }, given)
  }
  const meta: ComponentMeta = {
    kind: 'process',
    name: path,
    requires: inject as Dependencies,
    late: { engine: lazy(() => ProcessEngine) },
    detail,
    create: (dependencies) => {
      const app = currentApp()
      const inApp =
        <Result>(body: (given: unknown) => Result) =>
        (given: unknown) =>
          currentApp() === undefined && app !== undefined ? runInApp(app, () => body(given)) : body(given)
      return Object.assign(inApp(start), { find: inApp(find), path, [processDependencies]: dependencies })
    },
  }
  return Object.assign(start, { find, path, [componentMeta]: meta }) as unknown as ProcessComponent<
    Path,
    Types,
    Injected,
    Result
  >
}

function requireCompiled({ path, handler, definedAt }: ProcessDetail): void {
  if (!isCompiledHandler(handler)) throw new NotCompiledError(`The process ${path}`, 'process', definedAt)
}
