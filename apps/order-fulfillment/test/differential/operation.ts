/** Random calls of every repository method, as data. */
import fc from 'fast-check'
import {
  aggregates,
  condition,
  orders,
  type AggregateShape,
  type ConditionShape,
  type OrderShape,
} from './condition.ts'
import type { Schema } from './shape.ts'
import { anyValue, validValue } from './value.ts'

type Values = Readonly<Record<string, unknown>>

export type Operation = { readonly model: number } & (
  | { readonly do: 'insert' | 'insertNew'; readonly values: Values }
  | { readonly do: 'insertMany'; readonly list: readonly Values[] }
  | { readonly do: 'update' | 'save'; readonly entity: number; readonly patch: Values }
  | { readonly do: 'delete' | 'get' | 'lock'; readonly entity: number }
  | { readonly do: 'upsert'; readonly values: Values; readonly by: readonly string[]; readonly set?: Values }
  | { readonly do: 'updateWhere'; readonly where: ConditionShape; readonly patch: Values }
  | { readonly do: 'deleteWhere' | 'count' | 'exists' | 'findOne'; readonly where: ConditionShape }
  | {
      readonly do: 'find'
      readonly where: ConditionShape
      readonly orderBy: readonly OrderShape[]
      readonly limit?: number
      readonly offset?: number
    }
  | {
      readonly do: 'iterate'
      readonly where: ConditionShape
      readonly orderBy: readonly OrderShape[]
      readonly batchSize: number
    }
  | { readonly do: 'aggregate'; readonly where: ConditionShape; readonly aggregates: readonly AggregateShape[] }
  | { readonly do: 'getMany' | 'lockAll'; readonly entities: readonly number[] }
  | { readonly do: 'transaction'; readonly steps: readonly Operation[]; readonly fails: boolean }
)

export function operations(schema: Schema): fc.Arbitrary<readonly Operation[]> {
  const first = schema.map((fields, model) => {
    return fc
      .array(valid(fields), { minLength: 3, maxLength: 5 })
      .map((list) => list.map((values) => insert(model, values)))
  })
  const then = fc.array(operation(schema, 2), { minLength: 3, maxLength: 14, size: 'max' })
  return fc.tuple(fc.tuple(...first), then).map(([rows, steps]) => [...rows.flat(), ...steps])
}

function insert(model: number, values: Values): Operation {
  return { model, do: 'insert', values }
}

function operation(schema: Schema, depth: number): fc.Arbitrary<Operation> {
  return fc.nat({ max: schema.length - 1 }).chain((model) => operationOn(schema, model, depth))
}

function operationOn(schema: Schema, model: number, depth: number): fc.Arbitrary<Operation> {
  const fields = schema[model] ?? {}
  const names = Object.keys(fields)
  const where = condition(schema, model)
  const entity = fc.nat({ max: 6 })
  const some = fc.subarray(names, { minLength: 1 }).chain((chosen) => values(fields, chosen))
  const unique = names.filter((name) => fields[name]?.unique)
  const by = fc.constantFrom(...(unique.length > 0 ? [...unique, ...unique, ...names] : names)).map((name) => [name])
  const on = <Shape extends object>(arbitrary: fc.Arbitrary<Shape>) => arbitrary.map((shape) => ({ model, ...shape }))
  const kind = <Kind extends string>(...kinds: readonly Kind[]) => fc.constantFrom(...kinds)
  const position = { where, orderBy: orders(schema, model) }
  const small = fc.option(fc.nat({ max: 4 }), { nil: undefined })
  const transaction = fc.array(
    fc.nat({ max: schema.length - 1 }).chain((each) => operationOn(schema, each, depth - 1)),
    { minLength: 1, maxLength: 4 },
  )
  return fc.oneof(
    { weight: 8, arbitrary: on(fc.record({ do: kind('insert', 'insertNew'), values: whole(fields) })) },
    {
      weight: 3,
      arbitrary: on(fc.record({ do: kind('insertMany'), list: fc.array(whole(fields), { maxLength: 4 }) })),
    },
    { weight: 4, arbitrary: on(fc.record({ do: kind('update', 'save'), entity, patch: some })) },
    { weight: 4, arbitrary: on(fc.record({ do: kind('delete', 'get', 'lock'), entity })) },
    {
      weight: 2,
      arbitrary: on(
        fc.record(
          { do: kind('upsert'), values: whole(fields), by, set: some },
          { requiredKeys: ['do', 'values', 'by'] },
        ),
      ),
    },
    { weight: 2, arbitrary: on(fc.record({ do: kind('updateWhere'), where, patch: some })) },
    { weight: 2, arbitrary: on(fc.record({ do: kind('deleteWhere', 'count', 'exists', 'findOne'), where })) },
    { weight: 6, arbitrary: on(fc.record({ do: kind('find'), ...position, limit: small, offset: small })) },
    {
      weight: 2,
      arbitrary: on(fc.record({ do: kind('iterate'), ...position, batchSize: fc.integer({ min: 1, max: 3 }) })),
    },
    { weight: 2, arbitrary: on(fc.record({ do: kind('aggregate'), where, aggregates: aggregates(schema, model) })) },
    {
      weight: 1,
      arbitrary: on(fc.record({ do: kind('getMany', 'lockAll'), entities: fc.array(entity, { maxLength: 4 }) })),
    },
    ...(depth > 0
      ? [{ weight: 2, arbitrary: on(fc.record({ do: kind('transaction'), steps: transaction, fails: fc.boolean() })) }]
      : []),
  ) as fc.Arbitrary<Operation>
}

function whole(fields: Schema[number]): fc.Arbitrary<Values> {
  return values(fields, Object.keys(fields))
}

/** Mostly all valid; one in eight has a value that may be refused. */
function values(fields: Schema[number], names: readonly string[]): fc.Arbitrary<Values> {
  const any = fc.record(Object.fromEntries(names.map((name) => [name, anyValue(fields[name]!.shape)])))
  return fc.oneof({ weight: 9, arbitrary: valid(fields, names) }, { weight: 1, arbitrary: any })
}

function valid(fields: Schema[number], names: readonly string[] = Object.keys(fields)): fc.Arbitrary<Values> {
  const parts = names.map((name): [string, fc.Arbitrary<unknown>] => {
    const { shape, optional } = fields[name]!
    return [name, optional ? fc.option(validValue(shape), { nil: undefined, freq: 4 }) : validValue(shape)]
  })
  return fc.record(Object.fromEntries(parts))
}
