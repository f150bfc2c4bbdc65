/** Parses one field of a message, oneof or extend block: plain fields, maps and (proto2) groups. */
import { create } from '@bufbuild/protobuf'
import { protoCamelCase } from '@bufbuild/protobuf/reflect'
import {
  DescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  MessageOptionsSchema,
  type DescriptorProto,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import type { ProtoCursor } from './cursor.ts'
import { parseOptionList } from './option.ts'
import { maximumFieldNumber } from './parse-reserved.ts'
import type { ProtoSyntax } from './visibility.ts'

export interface FieldScope {
  readonly syntax: ProtoSyntax
  readonly fields: FieldDescriptorProto[]
  readonly nested: DescriptorProto[]
  readonly oneofIndex: number | undefined
  readonly extendee?: string
  /** Parses the body of a group, which is a message. */
  readonly parseBody: (cursor: ProtoCursor, message: DescriptorProto, syntax: ProtoSyntax) => void
}

export const scalarTypes: Readonly<Record<string, FieldDescriptorProto_Type>> = {
  double: FieldDescriptorProto_Type.DOUBLE,
  float: FieldDescriptorProto_Type.FLOAT,
  int64: FieldDescriptorProto_Type.INT64,
  uint64: FieldDescriptorProto_Type.UINT64,
  int32: FieldDescriptorProto_Type.INT32,
  fixed64: FieldDescriptorProto_Type.FIXED64,
  fixed32: FieldDescriptorProto_Type.FIXED32,
  bool: FieldDescriptorProto_Type.BOOL,
  string: FieldDescriptorProto_Type.STRING,
  bytes: FieldDescriptorProto_Type.BYTES,
  uint32: FieldDescriptorProto_Type.UINT32,
  sfixed32: FieldDescriptorProto_Type.SFIXED32,
  sfixed64: FieldDescriptorProto_Type.SFIXED64,
  sint32: FieldDescriptorProto_Type.SINT32,
  sint64: FieldDescriptorProto_Type.SINT64,
}

const labels: Readonly<Record<string, FieldDescriptorProto_Label>> = {
  optional: FieldDescriptorProto_Label.OPTIONAL,
  required: FieldDescriptorProto_Label.REQUIRED,
  repeated: FieldDescriptorProto_Label.REPEATED,
}

export function parseField(cursor: ProtoCursor, scope: FieldScope): void {
  const field = create(FieldDescriptorProtoSchema)
  const declaration = cursor.declare(field)
  if (cursor.at('map') && cursor.peek(1).text === '<') return parseMap(cursor, field, scope)

  const label = parseLabel(cursor, field, scope)
  field.label = label
  if (cursor.at('group') && cursor.peek(2).text === '=') return parseGroup(cursor, field, scope)
  parseType(cursor, field)
  parseNameAndNumber(cursor, field, scope)
  parseOptionList(cursor, declaration)
  cursor.expect(';')
  cursor.takeTrailing(declaration)
}

function parseLabel(cursor: ProtoCursor, field: FieldDescriptorProto, scope: FieldScope): FieldDescriptorProto_Label {
  const word = cursor.token
  const label = cursor.peek(1).text === '=' ? undefined : labels[word.text]
  if (label === undefined) {
    const needed = scope.syntax === 'proto2' && scope.oneofIndex === undefined
    if (needed && word.kind === 'identifier') cursor.fail('a proto2 field needs "optional", "required" or "repeated"')
    return FieldDescriptorProto_Label.OPTIONAL
  }
  if (scope.oneofIndex !== undefined) cursor.fail(`a field of a oneof cannot be "${word.text}"`)
  if (scope.syntax === 'proto3' && word.text === 'required') cursor.fail('proto3 has no required fields')
  if (scope.syntax === 'editions' && word.text !== 'repeated') {
    cursor.fail(`editions have no "${word.text}": set features.field_presence instead`)
  }
  cursor.next()
  if (word.text === 'optional' && scope.syntax === 'proto3') field.proto3Optional = true
  return label
}

function parseType(cursor: ProtoCursor, field: FieldDescriptorProto): void {
  const name = cursor.typeName(field, 'the type of a field')
  const scalar = scalarTypes[name]
  if (scalar === undefined) field.typeName = name
  else field.type = scalar
}

function parseNameAndNumber(cursor: ProtoCursor, field: FieldDescriptorProto, scope: FieldScope): void {
  field.name = cursor.identifier('the name of a field')
  field.jsonName = protoCamelCase(field.name)
  cursor.expect('=')
  field.number = cursor.integer('the number of a field', 1, maximumFieldNumber)
  if (scope.oneofIndex !== undefined) field.oneofIndex = scope.oneofIndex
  if (scope.extendee !== undefined) field.extendee = scope.extendee
  scope.fields.push(field)
}

function parseGroup(cursor: ProtoCursor, field: FieldDescriptorProto, scope: FieldScope): void {
  if (scope.syntax !== 'proto2') cursor.fail(`${scope.syntax} has no groups: use a message`)
  cursor.next()
  const message = create(DescriptorProtoSchema)
  cursor.declare(message)
  const start = cursor.token
  message.name = cursor.token.text
  if (!/^[A-Z]/.test(message.name)) cursor.fail('the name of a group starts with a capital letter', start)
  field.type = FieldDescriptorProto_Type.GROUP
  field.typeName = message.name
  cursor.typePlaces.set(field, [{ line: start.line, column: start.column }])
  parseNameAndNumber(cursor, field, scope)
  field.name = message.name.toLowerCase()
  field.jsonName = protoCamelCase(field.name)
  const declaration = cursor.declarations.get(field)
  if (declaration !== undefined) parseOptionList(cursor, declaration)
  scope.nested.push(message)
  scope.parseBody(cursor, message, scope.syntax)
}

function parseMap(cursor: ProtoCursor, field: FieldDescriptorProto, scope: FieldScope): void {
  if (scope.oneofIndex !== undefined) cursor.fail('a oneof cannot have a map')
  if (scope.extendee !== undefined) cursor.fail('an extension cannot be a map')
  const declaration = cursor.declare(field)
  cursor.next()
  cursor.expect('<')
  const key = create(FieldDescriptorProtoSchema, { name: 'key', number: 1, jsonName: 'key' })
  const value = create(FieldDescriptorProtoSchema, { name: 'value', number: 2, jsonName: 'value' })
  key.label = value.label = FieldDescriptorProto_Label.OPTIONAL
  const place = cursor.token
  parseType(cursor, key)
  if (key.typeName !== '' || /^(double|float|bytes)$/.test(place.text)) {
    cursor.fail('the key of a map is a whole number, a bool or a string', place)
  }
  cursor.expect(',')
  parseType(cursor, value)
  cursor.expect('>')
  parseNameAndNumber(cursor, field, scope)
  const entry = create(DescriptorProtoSchema, {
    name: entryName(field.name),
    field: [key, value],
    options: create(MessageOptionsSchema, { mapEntry: true }),
  })
  cursor.declarations.set(entry, { ...declaration, options: [] })
  for (const part of entry.field) cursor.declarations.set(part, { ...declaration, options: [] })
  scope.nested.push(entry)
  field.label = FieldDescriptorProto_Label.REPEATED
  field.type = FieldDescriptorProto_Type.MESSAGE
  field.typeName = entry.name
  cursor.typePlaces.set(field, [{ line: place.line, column: place.column }])
  parseOptionList(cursor, declaration)
  cursor.expect(';')
  cursor.takeTrailing(declaration)
}

/** `by_name` gives `ByNameEntry`. */
function entryName(field: string): string {
  const camel = protoCamelCase(field)
  return `${camel.charAt(0).toUpperCase()}${camel.slice(1)}Entry`
}
