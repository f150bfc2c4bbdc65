/**
 * The schemas of an OpenAPI document. One schema object, or one named shape, written once is one component; two shapes with one
 * name stay two (`Order`, `Order2`), and so does one that is read otherwise than written (`Order`, `OrderOutput`). Zod says what
 * it is; other Standard Schemas are documented as anything.
 */
import { z } from 'zod'
import type { Schema } from '../route/schema.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

export class SchemaRegistry {
  readonly #schemas = new Map<string, z.core.$ZodType[]>()
  readonly #components = new Map<string, Component>()

  /** The schema as a client writes it (`input`) or reads it (`output`). */
  schema(schema: Schema, io: Side): JsonSchema {
    if (!(schema instanceof z.ZodType)) return {}
    const { root, definitions } = this.#parts(schema, io)
    const written = io === 'output' ? this.#parts(schema, 'input').definitions : definitions
    const names = new Map(Object.keys(definitions).map((name) => [name, this.#nameOf(name, definitions, written)]))
    for (const [name, definition] of Object.entries(definitions)) {
      const component = this.#components.get(names.get(name) ?? '')
      if (component !== undefined) component.schema ??= renamed(definition, names)
    }
    return renamed(root, names)
  }

  /** What an object as a whole may have, also one that is a component or is put together of others. */
  fields(schema: Schema, io: Side): Fields {
    return this.#fieldsOf(this.schema(schema, io))
  }

  #fieldsOf({ $ref, properties = {}, required = [], allOf = [], anyOf = [], oneOf = [] }: ObjectSchema): Fields {
    const component = this.#components.get($ref?.slice('#/components/schemas/'.length) ?? '')?.schema
    const all = [...(component ? [component] : []), ...allOf].map((each) => this.#fieldsOf(each))
    const some = [...anyOf, ...oneOf].map((each) => this.#fieldsOf(each))
    return {
      properties: Object.assign({}, ...[...some, ...all].map((each) => each.properties), properties) as Definitions,
      required: [...required, ...all.flatMap((each) => each.required)],
    }
  }

  #parts(schema: z.ZodType, io: Side): Parts {
    return partsOf(
      z.toJSONSchema(schema, { io, unrepresentable: 'any', override, metadata: this.#names() }) as JsonSchema,
    )
  }

  components(): JsonSchema {
    return Object.fromEntries([...this.#components].map(([name, { schema = {} }]) => [name, schema]))
  }

  /** Zod's metadata with a name of its own for each schema object, so that two of one name can be in one schema. */
  #names(): typeof z.globalRegistry {
    const get = (schema: z.core.$ZodType) => {
      const meta = z.globalRegistry.get(schema)
      if (meta?.id === undefined) return meta
      const same = this.#schemas.get(meta.id) ?? []
      if (!same.includes(schema)) same.push(schema)
      this.#schemas.set(meta.id, same)
      return { ...meta, id: `${meta.id}__${same.indexOf(schema) + 1}` }
    }
    return Object.assign(Object.create(z.globalRegistry) as typeof z.globalRegistry, { get })
  }

  /** The component of a definition: an earlier one that says the same, with all it refers to, or a new one. */
  #nameOf(local: string, definitions: Definitions, written: Definitions): string {
    const text = textOf(local, definitions)
    const base = local.startsWith('__') ? 'Schema' : local.replace(/__\d+$/, '').replace(/[^\w.-]/g, '_')
    const differs = !local.startsWith('__') && local in written && textOf(local, written) !== text
    const start = differs ? `${base}Output` : base
    for (let number = 1; ; number++) {
      const name = number === 1 ? start : `${start}${number}`
      const known = this.#components.get(name)
      if (known === undefined) this.#components.set(name, { text })
      if (known === undefined || known.text === text) return name
    }
  }
}

type Side = 'input' | 'output'

export interface Fields {
  readonly properties: Definitions
  readonly required: readonly string[]
}

type ObjectSchema = Partial<Fields> & {
  readonly $ref?: string
  readonly allOf?: readonly ObjectSchema[]
  readonly anyOf?: readonly ObjectSchema[]
  readonly oneOf?: readonly ObjectSchema[]
}

interface Component {
  /** What it was made from, to find it again. */
  readonly text: string
  /** Missing until the names of all it refers to are known. */
  schema?: JsonSchema
}

type Definitions = Readonly<Record<string, JsonSchema>>

interface Parts {
  readonly root: JsonSchema
  readonly definitions: Definitions
}

/** A schema that refers to itself as a whole becomes a definition: in a document `#` is the document. */
function partsOf({ $schema: _, $defs = {}, ...root }: JsonSchema): Parts {
  const definitions = Object.fromEntries(
    Object.entries($defs as Definitions).map(([name, { id: _id, ...definition }]) => [name, definition]),
  )
  const own = '#/$defs/__root'
  const text = JSON.stringify({ root, definitions })
  if (!text.includes('"$ref":"#"')) return { root, definitions }
  const whole = JSON.parse(text.replaceAll('"$ref":"#"', `"$ref":"${own}"`)) as {
    root: JsonSchema
    definitions: Definitions
  }
  return { root: { $ref: own }, definitions: { ...whole.definitions, __root: whole.root } }
}

function textOf(name: string, definitions: Definitions): string {
  return JSON.stringify([...reachable(name, definitions)].map((each) => [each, definitions[each]]))
}

/** The definition and those that it refers to, also through others. */
function reachable(name: string, definitions: Definitions, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen
  seen.add(name)
  for (const [, other = ''] of JSON.stringify(definitions[name]).matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g))
    reachable(other, definitions, seen)
  return seen
}

/** Whole numbers get bounds that say nothing, and dates have no JSON form of their own. */
function override({
  zodSchema,
  jsonSchema,
}: {
  readonly zodSchema: z.core.$ZodTypes
  readonly jsonSchema: z.core.JSONSchema.BaseSchema
}): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  const { def } = zodSchema._zod
  const kind = def.type
  // Unknown keys are dropped, not refused: only a strict object says that there are no others.
  if (kind === 'object' && (def as z.core.$ZodObjectDef).catchall === undefined) delete jsonSchema.additionalProperties
  if (kind === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' })
  if (kind === 'bigint') Object.assign(jsonSchema, { type: 'string', pattern: '^-?\\d+$' })
}

function renamed(value: unknown, names: ReadonlyMap<string, string>): JsonSchema {
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk)
    if (typeof node !== 'object' || node === null) return node
    return Object.fromEntries(
      Object.entries(node).map(([key, inner]) => [key, key === '$ref' ? reference(inner, names) : walk(inner)]),
    )
  }
  return walk(value) as JsonSchema
}

function reference(value: unknown, names: ReadonlyMap<string, string>): unknown {
  const name = typeof value === 'string' && value.startsWith('#/$defs/') ? value.slice('#/$defs/'.length) : undefined
  return name === undefined ? value : `#/components/schemas/${names.get(name) ?? name}`
}
