/** What is wrong with an OpenAPI document, by validators that are not ours: of the document, and of every schema in it. */
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020'
import addFormats from 'ajv-formats'

interface Operation {
  readonly operationId: string
  readonly security?: readonly object[]
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
}
type Document = Readonly<Record<string, unknown>> & {
  readonly components?: { readonly schemas?: object; readonly securitySchemes?: object }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** Compiles the schema of documents once. */
const validator = new Validator()

/** In words; empty when there is nothing. */
export async function documentFaults(document: object): Promise<string[]> {
  const plain = JSON.parse(JSON.stringify(document)) as Document
  const { valid, errors } = await validator.validate(structuredClone(plain))
  return [
    ...(valid ? [] : [`the document: ${JSON.stringify(errors)}`]),
    ...schemaFaults(plain),
    ...semanticFaults(plain),
  ]
}

/** Every schema is compiled with the components beside it, so that references have to lead somewhere. */
function schemaFaults(document: Document): string[] {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictTuples: false,
    keywords: ['x-justscale-ref', 'discriminator'],
  })
  addFormats.default(ajv)
  const known = (value: unknown) =>
    JSON.parse(
      JSON.stringify(value).replaceAll('"#/components/schemas/', '"https://example.com/components#/$defs/'),
    ) as object
  ajv.addSchema({ ...known({ $defs: document.components?.schemas ?? {} }), $id: 'https://example.com/components' })
  const seen = new Set<string>()
  return schemasOf(document).flatMap(({ at, schema }) => {
    const text = JSON.stringify(schema)
    if (seen.has(text)) return []
    seen.add(text)
    try {
      ajv.compile(known(schema))
      return []
    } catch (error) {
      return [`${at}: ${error instanceof Error ? error.message : String(error)}`]
    }
  })
}

/** The values under `schema`, and the components, with their places. */
function schemasOf(value: unknown, at = ''): { readonly at: string; readonly schema: unknown }[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = `${at} ${key}`
    return key === 'schema' || at === ' components schemas'
      ? [{ at: here, schema: inner as unknown }]
      : schemasOf(inner, here)
  })
}

function semanticFaults({ paths, components }: Document): string[] {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const ids = operations.map(({ operation }) => operation.operationId)
  const shapes = Object.keys(paths).map((path) => path.replace(/\{\w+\}/g, '{}'))
  return [
    ...twice(ids).map((id) => `two operations are called ${id}`),
    ...twice(shapes).map((shape) => `two paths are ${shape}`),
    ...operations.flatMap(({ path, method, operation }) => {
      const declared = (operation.parameters ?? []).map((parameter) => `${parameter.in} ${parameter.name}`)
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => `path ${name}`)
      const given = declared.filter((name) => name.startsWith('path '))
      const secured = (operation.security ?? []).flatMap((each) => Object.keys(each))
      const unknown = secured.filter((name) => !(name in (components?.securitySchemes ?? {})))
      return [
        ...unknown.map((name) => `${method} ${path} names the security scheme ${name}, which is none`),
        ...twice(declared).map((name) => `${method} ${path} has two parameters ${name}`),
        ...(wanted.sort().join() === given.sort().join() ? [] : [`${method} ${path} declares ${given.join()}`]),
      ]
    }),
  ]
}

function twice(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index)
}
