/** What protobuf forbids although it parses: clashing and reserved numbers, empty enums, extensions out of range. */
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import type { LinkContext } from './link.ts'
import { walkSymbols } from './symbol.ts'

/** Throws ProtoSyntaxError at the first violation. */
export function validateFile(context: LinkContext): void {
  const { descriptor } = context.parsed
  walkSymbols(descriptor, (kind, _name, declared) => {
    if (kind === 'message') validateMessage(context, declared as DescriptorProto)
    if (kind === 'enum') validateEnum(context, declared as EnumDescriptorProto)
    if (kind === 'extension') validateExtension(context, declared as FieldDescriptorProto)
  })
}

function validateMessage(context: LinkContext, message: DescriptorProto): void {
  const { cursor } = context.parsed
  const numbers = new Map<number, string>()
  const jsonNames = new Map<string, string>()
  for (const field of message.field) {
    const fail = (reason: string): never => cursor.fail(reason, cursor.declarations.get(field))
    const other = numbers.get(field.number)
    if (other !== undefined) fail(`"${field.name}" and "${other}" both have the number ${field.number}`)
    numbers.set(field.number, field.name)
    if (field.number >= 19000 && field.number <= 19999) fail('numbers 19000 to 19999 belong to protobuf itself')
    const inRange = ({ start, end }: { start: number; end: number }) => field.number >= start && field.number < end
    if (message.reservedRange.some(inRange)) fail(`the number ${field.number} of "${field.name}" is reserved`)
    if (message.extensionRange.some(inRange))
      fail(`the number ${field.number} of "${field.name}" is kept for extensions`)
    if (message.reservedName.includes(field.name)) fail(`the name "${field.name}" is reserved`)
    const json = jsonNames.get(field.jsonName)
    if (json !== undefined) fail(`"${field.name}" and "${json}" have the same JSON name "${field.jsonName}"`)
    jsonNames.set(field.jsonName, field.name)
  }
}

function validateEnum(context: LinkContext, enumeration: EnumDescriptorProto): void {
  const { cursor, syntax } = context.parsed
  const [first] = enumeration.value
  const place = cursor.declarations.get(enumeration)
  if (first === undefined) return cursor.fail(`the enum "${enumeration.name}" has no values`, place)
  if (syntax === 'proto3' && first.number !== 0) {
    cursor.fail('the first value of a proto3 enum is 0', cursor.declarations.get(first))
  }
  const numbers = new Map<number, string>()
  for (const value of enumeration.value) {
    const fail = (reason: string): never => cursor.fail(reason, cursor.declarations.get(value))
    const other = numbers.get(value.number)
    if (other !== undefined && enumeration.options?.allowAlias !== true) {
      fail(
        `"${value.name}" and "${other}" both have the number ${value.number}; allow it with option allow_alias = true`,
      )
    }
    numbers.set(value.number, value.name)
    const reserved = enumeration.reservedRange.some(({ start, end }) => value.number >= start && value.number <= end)
    if (reserved) fail(`the number ${value.number} of "${value.name}" is reserved`)
    if (enumeration.reservedName.includes(value.name)) fail(`the name "${value.name}" is reserved`)
  }
}

function validateExtension(context: LinkContext, extension: FieldDescriptorProto): void {
  const { cursor } = context.parsed
  const fail = (reason: string): never => cursor.fail(reason, cursor.declarations.get(extension))
  const extendee = context.table.get(extension.extendee.slice(1))?.descriptor as DescriptorProto | undefined
  const allowed = extendee?.extensionRange.some(({ start, end }) => extension.number >= start && extension.number < end)
  if (allowed === false) fail(`${extension.extendee.slice(1)} allows no extension with the number ${extension.number}`)
  if (extension.label === FieldDescriptorProto_Label.REQUIRED) fail('an extension cannot be required')
  if (extendee?.options?.messageSetWireFormat === true && extension.type !== FieldDescriptorProto_Type.MESSAGE) {
    fail('an extension of a message set is a message')
  }
}
