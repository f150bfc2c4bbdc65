/**
 * References in messages: a string field annotated `[(justscale.ref) = "Order"]` arrives in a handler as a reference to
 * the model that `.types({ Order })` names, and may be answered as a reference or an entity. Fields of a proto that one
 * cannot annotate are named there: `.types({ 'orders.v1.PayRequest.orderId': Order })`. What each message type needs
 * is found once, from its descriptor; messages without such fields are not touched.
 */
import {
  getOption,
  hasOption,
  isMessage,
  ScalarType,
  type DescField,
  type DescMessage,
  type DescService,
} from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import { modelName, referenceFrom, referenceOfText, type AnyModelClass } from '@justscale/core'
import { GrpcError } from '../status/grpc-error.ts'
import { GrpcStatus } from '../status/grpc-status.ts'
import { refOption } from './ref-option.ts'

export interface ReferenceFields {
  /** Changes the message in place: texts become references. Throws GrpcError INVALID_ARGUMENT. */
  receive(message: object): object
  /** A copy in which references and entities are texts. */
  send(message: object): object
}

type Models = Readonly<Record<string, AnyModelClass>>
type Value = Record<string, unknown>

/** Undefined when no field of the message, at any depth, refers to one of the models. */
export function referenceFields(schema: DescMessage, models: Models): ReferenceFields | undefined {
  if (Object.keys(models).length === 0 || !refersTo(schema, models, new Set())) return undefined
  return {
    receive: (message) =>
      convert(schema, models, message, (field, value, model) => receiveText(field, value, model)) as object,
    send: (message) => convert(schema, models, message, (_field, value, model) => sendText(value, model)) as object,
  }
}

function refersTo(schema: DescMessage, models: Models, seen: Set<DescMessage>): boolean {
  if (seen.has(schema)) return false
  seen.add(schema)
  return schema.fields.some(
    (field) =>
      modelOf(field, models) !== undefined || (field.message !== undefined && refersTo(field.message, models, seen)),
  )
}

function modelOf(field: DescField, models: Models): AnyModelClass | undefined {
  const mapped = models[mappedName(field)]
  return mapped ?? (hasOption(field, refOption) ? models[getOption(field, refOption) as string] : undefined)
}

/** How `.types` names a field that is not annotated: `orders.v1.PayRequest.orderId`. */
function mappedName(field: DescField): string {
  return `${field.parent.typeName}.${field.localName}`
}

/** The keys of `models` that look like fields and are no text field of the service's messages. */
export function unknownFields(service: DescService, models: Models): string[] {
  const found = new Set<string>()
  const seen = new Set<DescMessage>()
  const visit = (message: DescMessage) => {
    if (seen.has(message)) return
    seen.add(message)
    for (const field of message.fields) {
      if (isText(field) && field.oneof === undefined) found.add(mappedName(field))
      if (field.message !== undefined) visit(field.message)
    }
  }
  for (const method of service.methods) for (const message of [method.input, method.output]) visit(message)
  return Object.keys(models).filter((name) => name.includes('.') && !found.has(name))
}

function isText(field: DescField): boolean {
  return field.message === undefined && field.enum === undefined && field.scalar === ScalarType.STRING
}

type ConvertText = (field: DescField, value: unknown, model: AnyModelClass) => unknown

function convert(schema: DescMessage, models: Models, message: unknown, text: ConvertText): unknown {
  if (typeof message !== 'object' || message === null) return message
  const result: Value = isMessage(message) ? (message as unknown as Value) : { ...message }
  for (const field of schema.fields) {
    const model = modelOf(field, models)
    const inner = field.message
    if (model === undefined && inner === undefined) continue
    const one = (value: unknown) => {
      if (model !== undefined) return text(field, value, model)
      return inner === undefined ? value : convert(inner, models, value, text)
    }
    if (field.oneof !== undefined) {
      const chosen = result[field.oneof.localName] as { case?: string; value?: unknown } | undefined
      if (chosen?.case === field.localName) result[field.oneof.localName] = { ...chosen, value: one(chosen.value) }
      continue
    }
    const value = result[field.localName]
    if (value === undefined) continue
    if (value === '' && isAbsent(field, result)) continue
    result[field.localName] = convertField(field, value, one)
  }
  return result
}

/** A field that can be absent has its default on the prototype. One that cannot must refer to something. */
function isAbsent(field: DescField, message: Value): boolean {
  return field.presence !== FeatureSet_FieldPresence.IMPLICIT && !Object.hasOwn(message, field.localName)
}

function convertField(field: DescField, value: unknown, one: (value: unknown) => unknown): unknown {
  if (field.fieldKind === 'list' && Array.isArray(value)) return value.map(one)
  if (field.fieldKind !== 'map' || typeof value !== 'object' || value === null) return one(value)
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, one(entry)]))
}

function receiveText(field: DescField, value: unknown, model: AnyModelClass): unknown {
  const reference = typeof value === 'string' ? referenceOfText(model, value) : undefined
  if (reference !== undefined) return reference
  const place = `${field.parent.typeName}.${field.name}`
  if (value === '') throw new GrpcError(GrpcStatus.INVALID_ARGUMENT, `${place} is missing`)
  throw new GrpcError(GrpcStatus.INVALID_ARGUMENT, `${place} is not a reference to ${modelName(model)}`)
}

function sendText(value: unknown, model: AnyModelClass): unknown {
  if (typeof value === 'string') return value
  const reference = referenceFrom(model, value)
  if (typeof reference === 'string') throw new TypeError(`a field of an answer ${reference}`)
  return reference.identifier
}
