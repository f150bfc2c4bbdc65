/** Runs a route's steps in the order of declaration, until one answers or fails. */
import {
  isModelClass,
  modelName,
  referenceOfText,
  stepFunction,
  type AbstractContainer,
  type InjectedStep,
} from '@justscale/core'
import { HttpError, RouteDefinitionError, type Violation } from '../errors.ts'
import type { Answer } from '../middleware/create-middleware.ts'
import { Reply } from '../response/reply.ts'
import { parameterNames } from '../route/path.ts'
import { checkSchema, type Schema, type SchemaResult } from '../route/schema.ts'
import type { ParameterType, Step } from '../route/route.ts'
import { after, type Awaitable } from './after.ts'
import { checkPlain } from './check-plain.ts'
import { gather } from './gather.ts'
import { RequestState } from './request-state.ts'

/** Answers with what ended the chain, or `undefined` when all steps let the request pass. */
export type PreparedStep = (state: RequestState) => Awaitable<Answer | undefined>

/** Finds what steps inject. Rejects with `UnprovidedTokenError`. */
export function prepareSteps(
  path: string,
  steps: readonly Step[],
  container: AbstractContainer,
): Promise<readonly PreparedStep[]> {
  return Promise.all(steps.map((step) => prepareStep(path, step, container)))
}

/** Synchronous as long as the steps are. Throws or rejects with what a step fails with. */
export function runSteps(steps: readonly PreparedStep[], state: RequestState, from = 0): Awaitable<Answer | undefined> {
  for (let index = from; index < steps.length; index++) {
    const answer = steps[index]?.(state)
    if (answer instanceof Promise) return answer.then((late) => late ?? runSteps(steps, state, index + 1))
    if (answer !== undefined) return answer
  }
  return undefined
}

async function prepareStep(path: string, step: Step, container: AbstractContainer): Promise<PreparedStep> {
  switch (step.kind) {
    case 'types':
      return typesStep(path, step.types)
    case 'query':
      return schemaStep('query', step.schema, (state) => state.query)
    case 'headers':
      return schemaStep('headers', step.schema, (state) => gather(state.request.headers))
    case 'cookies':
      return schemaStep('cookies', step.schema, (state) => state.cookies)
    case 'body':
      return bodyStep(step)
    case 'use':
      return useStep(await injected(step.middleware, container))
    case 'guard':
      return guardStep(await Promise.all(step.guards.map((guard) => injected(guard, container))))
  }
}

type Run = (context: RequestState) => unknown

/** The step declared its own context; here every step gets the request's. */
function injected(step: unknown, container: AbstractContainer): Promise<Run> {
  return stepFunction(step as Run | InjectedStep<Run>, container)
}

function typesStep(path: string, types: Readonly<Record<string, ParameterType>>): PreparedStep {
  const parameters = typedParameters(path, types)
  return (state) => {
    const results = parameters.map(([name, type]) => parameterValue(type, name, state.params[name] ?? ''))
    const pending = results.some((result) => result instanceof Promise)
    return after(pending ? Promise.all(results) : (results as SchemaResult[]), (all) =>
      acceptParameters(state, parameters, all),
    )
  }
}

function acceptParameters(
  state: RequestState,
  parameters: readonly (readonly [string, ParameterType])[],
  results: readonly SchemaResult[],
): undefined {
  const violations = results.flatMap((result) => ('violations' in result ? result.violations : []))
  if (violations.length > 0) throw invalid(violations)
  for (const [index, result] of results.entries()) {
    const name = parameters[index]?.[0]
    if ('value' in result && name !== undefined) RequestState.set(state, name, result.value)
  }
}

/** The types by parameter name: `{ Order }` is meant for `:order` or `:orderRef`. Throws `RouteDefinitionError`. */
export function typedParameters(
  path: string,
  types: Readonly<Record<string, ParameterType>>,
): readonly (readonly [string, ParameterType])[] {
  const names = parameterNames(path)
  return Object.entries(types).map(([key, type]) => {
    const lower = key.charAt(0).toLowerCase() + key.slice(1)
    const name = [key, lower, `${lower}Ref`].find((candidate) => names.includes(candidate))
    if (name !== undefined) return [name, type] as const
    throw new RouteDefinitionError(`.types({ ${key} }) on ${path}: the path has no :${lower}`)
  })
}

function parameterValue(type: ParameterType, name: string, text: string): SchemaResult | Promise<SchemaResult> {
  if (isModelClass(type)) {
    const value = referenceOfText(type, text)
    if (value !== undefined) return { value }
    return { violations: [{ in: 'path', path: name, message: `is not a reference to ${modelName(type)}` }] }
  }
  const checked = checkSchema(type as Schema, 'path', text)
  const named = (result: SchemaResult): SchemaResult =>
    'value' in result ? result : { violations: result.violations.map((violation) => ({ ...violation, path: name })) }
  return checked instanceof Promise ? checked.then(named) : named(checked)
}

function schemaStep(
  name: 'query' | 'headers' | 'cookies',
  schema: Schema,
  read: (state: RequestState) => unknown,
): PreparedStep {
  const check = name === 'query' ? checkPlain : checkSchema
  return (state) => after(check(schema, name, read(state)), (result) => accept(state, name, result))
}

function bodyStep({ schema, type, limit }: Step & { kind: 'body' }): PreparedStep {
  const check = type === 'form' ? checkPlain : checkSchema
  return (state) =>
    after(RequestState.readBody(state, type, limit), (body) => {
      RequestState.received(state)
      return after(check(schema, 'body', body), (result) => accept(state, 'body', result))
    })
}

function accept(state: RequestState, name: string, result: SchemaResult): undefined {
  if ('violations' in result) throw invalid(result.violations)
  RequestState.set(state, name, result.value)
}

function useStep(middleware: Run): PreparedStep {
  return (state) =>
    after(middleware(state), (result) => {
      if (result instanceof Response || result instanceof Reply) return result
      if (typeof result === 'object' && result !== null) RequestState.add(state, result)
      return undefined
    })
}

/** The first guard that lets the request pass is enough; else the first denial that is an answer, else 403. */
function guardStep(guards: readonly Run[]): PreparedStep {
  const ask = (state: RequestState, index: number, denial: Answer | undefined): Awaitable<Answer | undefined> => {
    const guard = guards[index]
    if (guard === undefined) {
      if (denial !== undefined) return denial
      throw new HttpError(403, 'You may not do this')
    }
    return after(guard(state), (result) => {
      if (result instanceof Response || result instanceof Reply) return ask(state, index + 1, denial ?? result)
      return result === false ? ask(state, index + 1, denial) : undefined
    })
  }
  return (state) => ask(state, 0, undefined)
}

function invalid(violations: readonly Violation[]): HttpError {
  return new HttpError(422, 'The request is not valid', { violations })
}
