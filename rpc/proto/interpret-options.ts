/**
 * Gives options their meaning: standard ones are fields of the options messages, custom ones are extensions of them
 * found by name from the scope of the declaration. `default` and `json_name` are fields of the descriptor itself.
 */
import {
  create,
  getExtension,
  hasExtension,
  isFieldSet,
  setExtension,
  type DescExtension,
  type DescField,
  type DescMessage,
  type Message,
  type Registry,
} from '@bufbuild/protobuf'
import { isReflectList, isReflectMap, isReflectMessage, reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect'
import {
  DescriptorProto_ExtensionRangeSchema,
  DescriptorProtoSchema,
  EnumDescriptorProtoSchema,
  EnumValueDescriptorProtoSchema,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  MethodDescriptorProtoSchema,
  OneofDescriptorProtoSchema,
  ServiceDescriptorProtoSchema,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import type { ProtoPosition } from '../errors.ts'
import { defaultText } from './default-text.ts'
import type { LinkContext } from './link.ts'
import type { OptionEntry, OptionName, OptionValue } from './option.ts'
import { optionScalar } from './option-value.ts'
import { findSymbol } from './symbol.ts'

const descriptorSchemas: readonly DescMessage[] = [
  FileDescriptorProtoSchema,
  DescriptorProtoSchema,
  DescriptorProto_ExtensionRangeSchema,
  FieldDescriptorProtoSchema,
  OneofDescriptorProtoSchema,
  EnumDescriptorProtoSchema,
  EnumValueDescriptorProtoSchema,
  ServiceDescriptorProtoSchema,
  MethodDescriptorProtoSchema,
]
/** The nearest declaration of the name decides, whatever it is: a field may hide an extension. */
const allKinds = ['extension', 'field', 'oneof', 'message', 'enum', 'value', 'service', 'method', 'package'] as const
const schemaOf = new Map(descriptorSchemas.map((schema) => [schema.typeName, schema]))

export function interpretOptions(context: LinkContext, registry: () => Registry): void {
  const { cursor, descriptor } = context.parsed
  let known: Registry | undefined
  const interpreter: Interpreter = {
    fail: (reason, at) => cursor.fail(reason, at),
    extension(name, scope, at) {
      const symbol = findSymbol(context.table, scope, name, allKinds)
      known ??= registry()
      const extension = symbol === undefined ? undefined : known.getExtension(symbol.name)
      if (symbol !== undefined && extension === undefined) {
        cursor.fail(`"(${name})" is the ${symbol.kind} ${symbol.name} here: write the full name, "(.package.name)"`, at)
      }
      return extension ?? cursor.fail(`there is no option "(${name})" here: is its import missing?`, at)
    },
  }
  for (const [declared, declaration] of cursor.declarations) {
    const schema = schemaOf.get((declared as Message).$typeName)
    const field = schema?.fields.find((candidate) => candidate.name === 'options')
    if (schema === undefined || field?.fieldKind !== 'message' || declaration.options.length === 0) continue
    const owner = reflect(schema, declared as Message)
    const scope = context.names.get(declared) ?? descriptor.package
    const options = owner.get(field)
    if (!isReflectMessage(options)) continue
    for (const entry of declaration.options) {
      if (isPseudoOption(declared, entry)) setPseudoOption(context, declared as FieldDescriptorProto, entry)
      else assign(interpreter, options, entry.name, entry, scope)
    }
    if (declaration.options.some((entry) => !isPseudoOption(declared, entry))) owner.set(field, options)
  }
}

interface Interpreter {
  fail(reason: string, at: ProtoPosition): never
  extension(name: string, scope: string, at: ProtoPosition): DescExtension
}

function isPseudoOption(declared: object, entry: OptionEntry): boolean {
  const [name, more] = entry.name
  return (
    'jsonName' in declared && more === undefined && name?.extension === false && /^(default|json_name)$/.test(name.text)
  )
}

function setPseudoOption(context: LinkContext, field: FieldDescriptorProto, entry: OptionEntry): void {
  const { cursor, syntax } = context.parsed
  if (entry.name[0]?.text === 'json_name') {
    const value = optionScalar(entry.value, 'string')
    field.jsonName = typeof value === 'string' ? value : cursor.fail('json_name is a string', entry)
    return
  }
  if (syntax === 'proto3') cursor.fail('proto3 has no default values', entry)
  const symbol = field.typeName === '' ? undefined : context.table.get(field.typeName.slice(1))
  const text = defaultText(field, symbol?.descriptor, entry.value)
  field.defaultValue = text ?? cursor.fail(`this default does not fit the type of "${field.name}"`, entry)
}

function assign(
  interpreter: Interpreter,
  target: ReflectMessage,
  path: readonly OptionName[],
  entry: OptionEntry,
  scope: string,
): void {
  const [name, ...rest] = path
  if (name === undefined) return
  if (!name.extension) {
    const field = target.fields.find((candidate) => candidate.name === name.text || groupName(candidate) === name.text)
    if (field === undefined)
      return interpreter.fail(`there is no option "${name.text}" in ${target.desc.typeName}`, entry)
    return assignField(interpreter, target, field, rest, entry, scope)
  }
  const extension = interpreter.extension(name.text, scope, entry)
  if (extension.extendee.typeName !== target.desc.typeName) {
    interpreter.fail(`"(${name.text})" extends ${extension.extendee.typeName}, not ${target.desc.typeName}`, entry)
  }
  assignExtension(interpreter, target.message, extension, rest, entry, scope)
}

function assignExtension(
  interpreter: Interpreter,
  target: Message,
  extension: DescExtension,
  rest: readonly OptionName[],
  entry: OptionEntry,
  scope: string,
): void {
  const present = hasExtension(target, extension)
  const current = present ? getExtension(target, extension) : undefined
  if (rest.length > 0) {
    if (extension.fieldKind !== 'message') return interpreter.fail(`"${extension.name}" has no parts`, entry)
    const inner = (current as Message | undefined) ?? create(extension.message)
    assign(interpreter, reflect(extension.message, inner), rest, entry, scope)
    return setExtension(target, extension, inner)
  }
  const convert = (value: OptionValue) => {
    const converted = fieldValue(interpreter, extension, value, entry, scope)
    return isReflectMessage(converted) ? converted.message : converted
  }
  if (extension.fieldKind === 'list') {
    const values = entry.value.kind === 'list' ? entry.value.values : [entry.value]
    return setExtension(target, extension, [...((current as unknown[] | undefined) ?? []), ...values.map(convert)])
  }
  if (present) return interpreter.fail(`"(${extension.typeName})" is set twice`, entry)
  return setExtension(target, extension, convert(entry.value))
}

/** In text format a group is named by its type. */
function groupName(field: DescField): string | undefined {
  return field.fieldKind === 'message' && field.delimitedEncoding ? field.message.name : undefined
}

function assignField(
  interpreter: Interpreter,
  target: ReflectMessage,
  field: DescField,
  rest: readonly OptionName[],
  entry: OptionEntry,
  scope: string,
): void {
  if (rest.length > 0) {
    if (field.fieldKind !== 'message') return interpreter.fail(`"${field.name}" has no parts`, entry)
    const inner = target.get(field)
    if (!isReflectMessage(inner)) return
    assign(interpreter, inner, rest, entry, scope)
    return target.set(field, inner)
  }
  const convert = (value: OptionValue) => fieldValue(interpreter, field, value, entry, scope)
  const values = entry.value.kind === 'list' ? entry.value.values : [entry.value]
  if (field.fieldKind === 'list') {
    const list = target.get(field)
    if (isReflectList(list)) for (const value of values) list.add(convert(value))
    return target.set(field, list)
  }
  if (field.fieldKind === 'map') {
    const map = target.get(field)
    if (isReflectMap(map)) for (const value of values) setMapEntry(interpreter, map, field, value, entry, scope)
    return target.set(field, map)
  }
  if (entry.value.kind === 'list') return interpreter.fail(`"${field.name}" is not repeated`, entry)
  if (isFieldSet(target.message, field) && field.presence !== 2) interpreter.fail(`"${field.name}" is set twice`, entry)
  return target.set(field, convert(entry.value))
}

function fieldValue(
  interpreter: Interpreter,
  field: DescField | DescExtension,
  value: OptionValue,
  entry: OptionEntry,
  scope: string,
): unknown {
  if (field.message !== undefined) {
    if (value.kind !== 'message') return interpreter.fail(`"${field.name}" needs a message: { ... }`, entry)
    const inner = reflect(field.message, create(field.message))
    for (const part of value.entries) assign(interpreter, inner, part.name, part, scope)
    return inner
  }
  if (field.enum !== undefined) {
    const found = value.kind === 'identifier' ? field.enum.values.find(({ name }) => name === value.text) : undefined
    const known = field.enum.values.map(({ name }) => name).join(', ')
    return found?.number ?? interpreter.fail(`"${field.name}" is one of: ${known}`, entry)
  }
  const scalar = field.scalar === undefined ? undefined : optionScalar(value, scalarName(field))
  return scalar ?? interpreter.fail(`this value does not fit "${field.name}", a ${scalarName(field)}`, entry)
}

function setMapEntry(
  interpreter: Interpreter,
  map: { set(key: unknown, value: unknown): unknown },
  field: DescField & { fieldKind: 'map' },
  value: OptionValue,
  entry: OptionEntry,
  scope: string,
): void {
  const parts = value.kind === 'message' ? value.entries : []
  const keyPart = parts.find((part) => part.name[0]?.text === 'key')
  const valuePart = parts.find((part) => part.name[0]?.text === 'value')
  if (keyPart === undefined || valuePart === undefined)
    return interpreter.fail('a map needs { key: ... value: ... }', entry)
  const key = optionScalar(keyPart.value, scalarTypeNames[field.mapKey] ?? 'string')
  map.set(key, fieldValue(interpreter, field, valuePart.value, entry, scope))
}

const scalarTypeNames: Readonly<Record<number, string>> = {
  1: 'double',
  2: 'float',
  3: 'int64',
  4: 'uint64',
  5: 'int32',
  6: 'fixed64',
  7: 'fixed32',
  8: 'bool',
  9: 'string',
  12: 'bytes',
  13: 'uint32',
  15: 'sfixed32',
  16: 'sfixed64',
  17: 'sint32',
  18: 'sint64',
}

function scalarName(field: DescField | DescExtension): string {
  return scalarTypeNames[field.scalar ?? 0] ?? 'message'
}
