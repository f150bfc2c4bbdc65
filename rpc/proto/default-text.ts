/** The text a descriptor keeps for a field's default value, as protoc writes it; undefined when the value does not fit. */
import type { Message } from '@bufbuild/protobuf'
import { FieldDescriptorProto_Label, type EnumDescriptorProto, type FieldDescriptorProto } from '@bufbuild/protobuf/wkt'
import { optionScalar } from './option-value.ts'
import type { OptionValue } from './option.ts'
import { scalarTypes } from './parse-field.ts'

export function defaultText(
  field: FieldDescriptorProto,
  type: object | undefined,
  value: OptionValue,
): string | undefined {
  if (field.label === FieldDescriptorProto_Label.REPEATED) return undefined
  if (type !== undefined) return enumDefault(type, value)
  const scalar = Object.keys(scalarTypes).find((name) => scalarTypes[name] === field.type)
  const converted = scalar === undefined ? undefined : optionScalar(value, scalar)
  if (converted instanceof Uint8Array) return escapeBytes(converted)
  if (typeof converted === 'number' && (scalar === 'double' || scalar === 'float')) return floatText(converted, scalar)
  return converted === undefined ? undefined : String(converted)
}

function enumDefault(type: object, value: OptionValue): string | undefined {
  if ((type as Message).$typeName !== 'google.protobuf.EnumDescriptorProto' || value.kind !== 'identifier')
    return undefined
  return (type as EnumDescriptorProto).value.some(({ name }) => name === value.text) ? value.text : undefined
}

function floatText(value: number, type: 'double' | 'float'): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const stored = type === 'float' ? Math.fround(value) : value
  const [mantissa, power = '0'] = stored.toExponential().split('e')
  if (Number(power) >= -4 && Number(power) < 6) return String(stored)
  return `${mantissa}e${power.startsWith('-') ? '-' : '+'}${power.replace(/^[+-]/, '').padStart(2, '0')}`
}

const named: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 34: '\\"', 39: "\\'", 92: '\\\\' }

function escapeBytes(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    const printable = byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`
    text += named[byte] ?? printable
  }
  return text
}
