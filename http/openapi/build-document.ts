/** Builds the OpenAPI 3.1 document of an app's routes: parameters, bodies and answers from the schemas that routes declare. */
import { isModelClass, modelName } from '@justscale/core'
import { STATUS_CODES } from 'node:http'
import type { MountedRoute } from '../server/mounted-route.ts'
import { typedParameters } from '../request/run-steps.ts'
import { parameterNames, pathShape } from '../route/path.ts'
import type { BodyType, ParameterType, Step } from '../route/route.ts'
import type { Schema } from '../route/schema.ts'
import { SchemaRegistry, type JsonSchema } from './schema-registry.ts'

export interface DocumentInfo {
  readonly title: string
  readonly version: string
  readonly description?: string
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: DocumentInfo
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>
  readonly components: { readonly schemas: JsonSchema; readonly securitySchemes?: SecuritySchemes }
}

/** How callers say who they are, by names that routes use: `{ bearer: { type: 'http', scheme: 'bearer' } }`. */
export type SecuritySchemes = Readonly<Record<string, SecurityScheme>>

export type SecurityScheme = { readonly description?: string } & (
  | { readonly type: 'http'; readonly scheme: 'bearer' | 'basic'; readonly bearerFormat?: string }
  | { readonly type: 'apiKey'; readonly in: 'header' | 'query' | 'cookie'; readonly name: string }
  | { readonly type: 'openIdConnect'; readonly openIdConnectUrl: string }
)

const problemSchema: JsonSchema = {
  type: 'object',
  description: 'Problem document (RFC 9457)',
  required: ['type', 'title', 'status', 'requestId'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    requestId: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['in', 'path', 'message'],
        properties: { in: { type: 'string' }, path: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
}

/** Routes that are hidden, and sockets, which OpenAPI cannot say, are left out. */
export function buildDocument(
  routes: readonly MountedRoute[],
  info: DocumentInfo,
  securitySchemes: SecuritySchemes = {},
): OpenApiDocument {
  const registry = new SchemaRegistry()
  const shown = routes.filter((route) => route.kind !== 'socket' && route.documentation.hidden !== true)
  const operationIds = new Set<string>()
  const paths: Record<string, Record<string, JsonSchema>> = {}
  const templates = new Map<string, string>()
  for (const route of shown) {
    // Two paths that differ in the names of their parameters are one: the names of the first count.
    const template = templates.get(pathShape(route.path)) ?? route.path
    templates.set(pathShape(route.path), template)
    const operations = (paths[template.replace(/:(\w+)/g, '{$1}').replace(/\*$/, '{rest}')] ??= {})
    operations[route.method.toLowerCase()] ??= operation(route, template, uniqueId(route, operationIds), registry)
  }
  return {
    openapi: '3.1.0',
    info,
    paths,
    components: {
      schemas: { Problem: problemSchema, ...registry.components() },
      ...(Object.keys(securitySchemes).length > 0 && { securitySchemes }),
    },
  }
}

function uniqueId(route: MountedRoute, taken: Set<string>): string {
  const base = [...route.controller.replace(/^controller/, '').split(/[^A-Za-z0-9]+/), route.name]
    .filter((part) => part !== '')
    .join('_')
  let id = base
  for (let number = 2; taken.has(id); number++) id = `${base}${number}`
  taken.add(id)
  return id
}

function operation(route: MountedRoute, template: string, operationId: string, registry: SchemaRegistry): JsonSchema {
  const { hidden: _, security, ...documentation } = route.documentation
  const parameters = [
    ...pathParameters(route, template, registry),
    ...route.steps.flatMap((step) => stepParameters(step, registry)),
  ]
  const body = route.steps.find((step) => step.kind === 'body')
  return {
    operationId,
    tags: [route.controller.replace(/^controller \//, '')],
    ...documentation,
    ...(security !== undefined && { security: security.map((name) => ({ [name]: [] })) }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: true,
        content: contentOf(mediaTypes[body.type], registry.schema(body.schema, 'input')),
      },
    }),
    responses: responses(route, registry),
  }
}

function pathParameters(route: MountedRoute, template: string, registry: SchemaRegistry): JsonSchema[] {
  const types = new Map(
    route.steps.flatMap((step) => (step.kind === 'types' ? typedParameters(route.path, step.types) : [])),
  )
  const namesOf = (path: string) => [...parameterNames(path), ...(path.endsWith('/*') ? ['rest'] : [])]
  const own = namesOf(route.path)
  return namesOf(template).map((name, index) => ({
    name,
    in: 'path',
    required: true,
    schema: parameterSchema(types.get(own[index] ?? name), registry),
  }))
}

function parameterSchema(type: ParameterType | undefined, registry: SchemaRegistry): JsonSchema {
  if (type === undefined) return { type: 'string' }
  if (isModelClass(type))
    return { type: 'string', description: `Reference to ${modelName(type)}`, 'x-justscale-ref': modelName(type) }
  return registry.schema(type as Schema, 'input')
}

function stepParameters(step: Step, registry: SchemaRegistry): JsonSchema[] {
  if (step.kind !== 'query' && step.kind !== 'headers' && step.kind !== 'cookies') return []
  const place = step.kind === 'query' ? 'query' : step.kind === 'headers' ? 'header' : 'cookie'
  const { properties, required } = registry.fields(step.schema, 'input')
  const said = Object.entries(properties).filter(([name]) => place !== 'header' || !saidElsewhere.includes(name))
  return said.map(([name, schema]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema,
  }))
}

/** Headers that a document says in other ways: by its contents and its security schemes. */
const saidElsewhere = ['accept', 'content-type', 'authorization']

const mediaTypes: Readonly<Record<BodyType, readonly string[]>> = {
  json: ['application/json'],
  form: ['multipart/form-data', 'application/x-www-form-urlencoded'],
  text: ['text/plain'],
  bytes: ['application/octet-stream'],
  stream: ['application/octet-stream'],
}

function contentOf(media: readonly string[], schema: JsonSchema): JsonSchema {
  return Object.fromEntries(media.map((type) => [type, { schema }]))
}

function responses(route: MountedRoute, registry: SchemaRegistry): JsonSchema {
  const problem = {
    description: 'Problem',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
  if (route.kind === 'events') {
    return {
      200: { description: 'Event stream', content: { 'text/event-stream': { schema: { type: 'string' } } } },
      default: problem,
    }
  }
  const declared = [...route.returns].map(([status, schema]): [string, JsonSchema] => [
    String(status),
    {
      description: STATUS_CODES[status] ?? `Status ${status}`,
      ...(schema && {
        content: {
          [status >= 400 ? 'application/problem+json' : 'application/json']: {
            schema: registry.schema(schema, 'output'),
          },
        },
      }),
    },
  ])
  const any: [string, JsonSchema][] = declared.length > 0 ? declared : [['200', { description: 'OK' }]]
  return { ...Object.fromEntries(any), default: problem }
}
