/** Parses `message Name { ... }` and `extend Name { ... }` into descriptors. */
import { create } from '@bufbuild/protobuf'
import {
  DescriptorProto_ExtensionRangeSchema,
  DescriptorProto_ReservedRangeSchema,
  DescriptorProtoSchema,
  EnumDescriptorProtoSchema,
  OneofDescriptorProtoSchema,
  type DescriptorProto,
  type FieldDescriptorProto,
  type SymbolVisibility,
} from '@bufbuild/protobuf/wkt'
import type { ProtoCursor } from './cursor.ts'
import { parseOptionList, parseOptionStatement } from './option.ts'
import { parseEnum } from './parse-enum.ts'
import { parseField, type FieldScope } from './parse-field.ts'
import { maximumFieldNumber, parseRange, parseReserved } from './parse-reserved.ts'
import { parseVisibility, type ProtoSyntax } from './visibility.ts'

export function newMessage(cursor: ProtoCursor, visibility: SymbolVisibility | undefined): DescriptorProto {
  const message = create(DescriptorProtoSchema, visibility === undefined ? {} : { visibility })
  cursor.declare(message)
  cursor.expect('message')
  message.name = cursor.identifier('the name of a message')
  return message
}

/** Parses the body; the name is already read. */
export function parseMessage(cursor: ProtoCursor, message: DescriptorProto, syntax: ProtoSyntax): void {
  const scope: FieldScope = {
    syntax,
    fields: message.field,
    nested: message.nestedType,
    oneofIndex: undefined,
    parseBody: parseMessage,
  }
  cursor.block(() => parseMember(cursor, message, scope))
  addSyntheticOneofs(cursor, message)
}

function parseMember(cursor: ProtoCursor, message: DescriptorProto, scope: FieldScope): void {
  const declaration = cursor.declarations.get(message)
  const visibility = parseVisibility(cursor, scope.syntax)
  const named = cursor.peek(1).kind === 'identifier' && cursor.peek(2).text === '{'
  if (cursor.at('message') && named) {
    const nested = newMessage(cursor, visibility)
    message.nestedType.push(nested)
    return parseMessage(cursor, nested, scope.syntax)
  }
  if (cursor.at('enum') && named) {
    const enumeration = create(EnumDescriptorProtoSchema, visibility === undefined ? {} : { visibility })
    message.enumType.push(enumeration)
    return parseEnum(cursor, enumeration)
  }
  if (cursor.at('oneof') && named) return parseOneof(cursor, message, scope)
  if (cursor.at('extend') && cursor.peek(2).text !== '=') {
    return parseExtend(cursor, message.extension, message.nestedType, scope.syntax)
  }
  if (cursor.accept('option')) {
    return declaration === undefined ? undefined : parseOptionStatement(cursor, declaration)
  }
  if (cursor.at('extensions') && cursor.peek(1).kind === 'integer') return parseExtensionRanges(cursor, message)
  if (cursor.at('reserved') && cursor.peek(2).text !== '=') {
    return parseReserved(cursor, 1, maximumFieldNumber, message.reservedName, (start, end) => {
      message.reservedRange.push(create(DescriptorProto_ReservedRangeSchema, { start, end: end + 1 }))
    })
  }
  return parseField(cursor, scope)
}

function parseOneof(cursor: ProtoCursor, message: DescriptorProto, scope: FieldScope): void {
  const oneof = create(OneofDescriptorProtoSchema)
  const declaration = cursor.declare(oneof)
  cursor.expect('oneof')
  oneof.name = cursor.identifier('the name of a oneof')
  const oneofIndex = message.oneofDecl.push(oneof) - 1
  const before = message.field.length
  cursor.block(() => {
    if (cursor.accept('option')) return parseOptionStatement(cursor, declaration)
    return parseField(cursor, { ...scope, oneofIndex })
  })
  if (message.field.length === before) cursor.fail(`the oneof "${oneof.name}" has no fields`, declaration)
}

function parseExtensionRanges(cursor: ProtoCursor, message: DescriptorProto): void {
  cursor.expect('extensions')
  const ranges: { start: number; end: number }[] = []
  do parseRange(cursor, 1, maximumFieldNumber, (start, end) => ranges.push({ start, end: end + 1 }))
  while (cursor.accept(','))
  const created = ranges.map((range) => create(DescriptorProto_ExtensionRangeSchema, range))
  message.extensionRange.push(...created)
  const declarations = created.map((range) => cursor.declare(range))
  const first = declarations[0]
  if (first === undefined) return
  parseOptionList(cursor, first)
  for (const other of declarations.slice(1)) other.options.push(...first.options)
  cursor.expect(';')
}

export function parseExtend(
  cursor: ProtoCursor,
  extensions: FieldDescriptorProto[],
  nested: DescriptorProto[],
  syntax: ProtoSyntax,
): void {
  cursor.expect('extend')
  const { line, column } = cursor.token
  const extendee = cursor.qualified('the name of the message to extend')
  cursor.block(() => {
    const before = extensions.length
    parseField(cursor, { syntax, fields: extensions, nested, oneofIndex: undefined, extendee, parseBody: parseMessage })
    for (const field of extensions.slice(before)) cursor.extendeePlaces.set(field, { line, column })
  })
}

/** A proto3 `optional` field is the only member of a oneof of its own, after the written ones. */
function addSyntheticOneofs(cursor: ProtoCursor, message: DescriptorProto): void {
  const taken = new Set([
    ...message.field.map((field) => field.name),
    ...message.oneofDecl.map((oneof) => oneof.name),
    ...message.nestedType.map((nested) => nested.name),
    ...message.enumType.flatMap((nested) => [nested.name, ...nested.value.map((value) => value.name)]),
  ])
  for (const field of message.field.filter((candidate) => candidate.proto3Optional)) {
    let name = field.name.startsWith('_') ? field.name : `_${field.name}`
    while (taken.has(name)) name = `X${name}`
    taken.add(name)
    const oneof = create(OneofDescriptorProtoSchema, { name })
    field.oneofIndex = message.oneofDecl.push(oneof) - 1
    const place = cursor.declarations.get(field)
    if (place !== undefined) cursor.declarations.set(oneof, { ...place, options: [] })
  }
}
