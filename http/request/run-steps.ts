/** Runs a route's steps in the order of declaration, until one answers or fails. */
import {
  isModelClass,
  isReferenceText,
  modelName,
  Reference,
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
import { readBody } from './read-body.ts'
import type { RequestState } from './request-state.ts'

/** Answers with what ended the chain, or `undefined` when all steps let the request pass. */
export type PreparedStep = (state: RequestState) => Answer | undefined | Promise<Answer | undefined>

/** Finds what steps inject. Rejects with `UnprovidedTokenError`. */
export function prepareSteps(
  path: string,
  steps: readonly Step[],
  container: AbstractContainer,
): Promise<readonly PreparedStep[]> {
  return Promise.all(steps.map((step) => prepareStep(path, step, container)))
}

export async function runSteps(steps: readonly PreparedStep[], state: RequestState): Promise<Answer | undefined> {
  for (const step of steps) {
    const answer = step(state)
    const settled = answer instanceof Promise ? await answer : answer
    if (settled !== undefined) return settled
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
      return schemaStep('headers', step.schema, (state) => Object.fromEntries(state.request.headers))
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
  return async (state) => {
    const violations: Violation[] = []
    for (const [name, type] of parameters) {
      const result = await parameterValue(type, name, state.params[name] ?? '')
      if ('violations' in result) violations.push(...result.violations)
      else state.set(name, result.value)
    }
    if (violations.length > 0) throw invalid(violations)
    return undefined
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
    if (isReferenceText(text)) return { value: new Reference(type, text) }
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
  return (state) => {
    const result = checkSchema(schema, name, read(state))
    return result instanceof Promise ? result.then((late) => accept(state, name, late)) : accept(state, name, result)
  }
}

function bodyStep({ schema, type, limit }: Step & { kind: 'body' }): PreparedStep {
  return async (state) =>
    accept(state, 'body', await checkSchema(schema, 'body', await readBody(state.request, type, limit)))
}

function accept(state: RequestState, name: string, result: SchemaResult): undefined {
  if ('violations' in result) throw invalid(result.violations)
  state.set(name, result.value)
}

function useStep(middleware: Run): PreparedStep {
  return async (state) => {
    const result = await middleware(state)
    if (result instanceof Response || result instanceof Reply) return result
    if (typeof result === 'object' && result !== null) state.add(result)
    return undefined
  }
}

function guardStep(guards: readonly Run[]): PreparedStep {
  return async (state) => {
    let denial: Answer | undefined
    for (const guard of guards) {
      const result = await guard(state)
      if (result instanceof Response || result instanceof Reply) denial ??= result
      else if (result !== false) return undefined
    }
    if (denial !== undefined) return denial
    throw new HttpError(403, 'You may not do this')
  }
}

function invalid(violations: readonly Violation[]): HttpError {
  return new HttpError(422, 'The request is not valid', { violations })
}
