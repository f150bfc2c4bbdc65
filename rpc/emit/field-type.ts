/** The TypeScript type of a field, as protobuf-es gives it at run time. */
import {
  getOption,
  hasOption,
  ScalarType,
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescMessage,
} from '@bufbuild/protobuf'
import { isWrapperDesc } from '@bufbuild/protobuf/wkt'
import { refOption } from '../controller/ref-option.ts'

/** Says how types are named in the file that is being printed. */
export interface TypeNames {
  typeName(type: DescMessage | DescEnum): string
  schemaName(type: DescMessage | DescEnum): string
}

export function fieldType(field: DescField | DescExtension, names: TypeNames): string {
  const one = itemType(field, names)
  if (field.fieldKind === 'list') return `${one.includes(' ') ? `(${one})` : one}[]`
  if (field.fieldKind !== 'map') return one
  const key =
    field.mapKey === ScalarType.STRING || field.mapKey === ScalarType.BOOL || is64Bit(field.mapKey)
      ? 'string'
      : 'number'
  return `{ [key: ${key}]: ${one} }`
}

function itemType(field: DescField | DescExtension, names: TypeNames): string {
  if (field.enum !== undefined) return names.typeName(field.enum)
  if (field.message !== undefined) return messageType(field, field.message, names)
  const text = scalarType(field.scalar ?? ScalarType.STRING, 'longAsString' in field && field.longAsString)
  if (text !== 'string' || field.kind !== 'field' || !hasOption(field, refOption)) return text
  return `RefText<'${String(getOption(field, refOption)).replaceAll(/[^\w.$]/g, '')}'>`
}

function messageType(field: DescField | DescExtension, message: DescMessage, names: TypeNames): string {
  const wrapped = message.fields[0]?.scalar
  const oneof = field.kind === 'field' && field.oneof !== undefined
  if (isWrapperDesc(message) && field.fieldKind === 'message' && !oneof && wrapped !== undefined) {
    return scalarType(wrapped, false)
  }
  const inValue = field.kind === 'field' && field.parent.typeName === 'google.protobuf.Value'
  if (message.typeName === 'google.protobuf.Struct' && !inValue) return 'JsonObject'
  return names.typeName(message)
}

function scalarType(scalar: ScalarType, longAsString: boolean): string {
  if (scalar === ScalarType.STRING) return 'string'
  if (scalar === ScalarType.BYTES) return 'Uint8Array'
  if (scalar === ScalarType.BOOL) return 'boolean'
  if (is64Bit(scalar)) return longAsString ? 'string' : 'bigint'
  return 'number'
}

function is64Bit(scalar: ScalarType): boolean {
  const long = [ScalarType.INT64, ScalarType.UINT64, ScalarType.SINT64, ScalarType.FIXED64, ScalarType.SFIXED64]
  return long.includes(scalar)
}
