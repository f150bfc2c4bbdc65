/**
 * Parses one .proto file (proto2, proto3, editions 2023 and later) straight into a FileDescriptorProto. Names of types
 * are left as written and options are not interpreted: link.ts does both, when the imports are known.
 */
import { create } from '@bufbuild/protobuf'
import {
  Edition,
  EnumDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  ServiceDescriptorProtoSchema,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { ProtoCursor, type Declaration } from './cursor.ts'
import { parseOptionStatement } from './option.ts'
import { parseEnum } from './parse-enum.ts'
import { newMessage, parseExtend, parseMessage } from './parse-message.ts'
import { parseService } from './parse-service.ts'
import { parseVisibility, type ProtoSyntax } from './visibility.ts'

export interface ParsedProto {
  readonly descriptor: FileDescriptorProto
  readonly cursor: ProtoCursor
  readonly syntax: ProtoSyntax
}

const editions: Readonly<Record<string, Edition>> = {
  2023: Edition.EDITION_2023,
  2024: Edition.EDITION_2024,
  2026: Edition.EDITION_2026,
}

/** Throws ProtoSyntaxError. `file` is the name that errors and the descriptor carry. */
export function parseProto(file: string, source: string): ParsedProto {
  const cursor = new ProtoCursor(file, source)
  const descriptor = create(FileDescriptorProtoSchema, { name: file })
  const declaration = cursor.declare(descriptor)
  const syntax = parseSyntax(cursor, descriptor)
  while (cursor.token.kind !== 'end') parseStatement(cursor, descriptor, declaration, syntax)
  return { descriptor, cursor, syntax }
}

function parseSyntax(cursor: ProtoCursor, descriptor: FileDescriptorProto): ProtoSyntax {
  const keyword = cursor.token.text
  if (!(cursor.at('syntax') || cursor.at('edition')) || cursor.peek(1).text !== '=') return 'proto2'
  cursor.next()
  cursor.expect('=')
  const start = cursor.token
  const value = cursor.string(`a quoted ${keyword}`)
  cursor.expect(';')
  if (keyword === 'edition') {
    const edition = editions[value]
    if (edition === undefined) cursor.fail(`edition "${value}" is not supported: use "2023" or "2024"`, start)
    descriptor.syntax = 'editions'
    descriptor.edition = edition
    return 'editions'
  }
  if (value !== 'proto2' && value !== 'proto3')
    cursor.fail(`syntax must be "proto2" or "proto3", not "${value}"`, start)
  if (value === 'proto3') descriptor.syntax = 'proto3'
  return value
}

function parseStatement(
  cursor: ProtoCursor,
  descriptor: FileDescriptorProto,
  declaration: Declaration,
  syntax: ProtoSyntax,
): void {
  if (cursor.accept(';')) return
  if (cursor.at('import')) return parseImport(cursor, descriptor)
  if (cursor.at('package')) return parsePackage(cursor, descriptor)
  if (cursor.accept('option')) return parseOptionStatement(cursor, declaration)
  const visibility = parseVisibility(cursor, syntax)
  if (cursor.at('message')) {
    const message = newMessage(cursor, visibility)
    descriptor.messageType.push(message)
    return parseMessage(cursor, message, syntax)
  }
  if (cursor.at('enum')) {
    const enumeration = create(EnumDescriptorProtoSchema, visibility === undefined ? {} : { visibility })
    descriptor.enumType.push(enumeration)
    return parseEnum(cursor, enumeration)
  }
  if (cursor.at('service')) {
    const service = create(ServiceDescriptorProtoSchema)
    descriptor.service.push(service)
    return parseService(cursor, service)
  }
  if (cursor.at('extend')) return parseExtend(cursor, descriptor.extension, descriptor.messageType, syntax)
  return cursor.expected('a message, enum, service, extend, import, package or option')
}

function parseImport(cursor: ProtoCursor, descriptor: FileDescriptorProto): void {
  const start = cursor.next()
  const kind = cursor.token.kind === 'identifier' ? cursor.next().text : 'plain'
  if (!['plain', 'public', 'weak', 'option'].includes(kind)) cursor.fail(`unknown kind of import "${kind}"`, start)
  const place = cursor.token
  const path = cursor.string('the quoted path of a .proto file')
  if (descriptor.dependency.includes(path)) cursor.fail(`"${path}" is imported twice`, place)
  cursor.expect(';')
  if (kind === 'public') descriptor.publicDependency.push(descriptor.dependency.length)
  if (kind === 'weak') descriptor.weakDependency.push(descriptor.dependency.length)
  if (kind === 'option') descriptor.optionDependency.push(path)
  else descriptor.dependency.push(path)
  cursor.importPlaces.set(path, { line: place.line, column: place.column })
}

function parsePackage(cursor: ProtoCursor, descriptor: FileDescriptorProto): void {
  const start = cursor.next()
  if (descriptor.package !== '') cursor.fail('a file has only one package', start)
  descriptor.package = cursor.qualified('the name of a package')
  cursor.expect(';')
}
