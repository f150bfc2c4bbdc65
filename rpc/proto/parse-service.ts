/** Parses `service Name { rpc Method(stream In) returns (stream Out); }` into a ServiceDescriptorProto. */
import { create } from '@bufbuild/protobuf'
import {
  MethodDescriptorProtoSchema,
  MethodOptionsSchema,
  type MethodDescriptorProto,
  type ServiceDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import type { ProtoCursor } from './cursor.ts'
import { parseOptionStatement } from './option.ts'

export function parseService(cursor: ProtoCursor, descriptor: ServiceDescriptorProto): void {
  const declaration = cursor.declare(descriptor)
  cursor.expect('service')
  descriptor.name = cursor.identifier('the name of a service')
  cursor.block(() => {
    if (cursor.accept('option')) return parseOptionStatement(cursor, declaration)
    if (!cursor.at('rpc')) return cursor.expected('"rpc" or "option"')
    const method = create(MethodDescriptorProtoSchema)
    descriptor.method.push(method)
    return parseMethod(cursor, method)
  })
}

function parseMethod(cursor: ProtoCursor, method: MethodDescriptorProto): void {
  const declaration = cursor.declare(method)
  cursor.expect('rpc')
  method.name = cursor.identifier('the name of a method')
  const input = parseEnvelope(cursor, method)
  cursor.expect('returns')
  const output = parseEnvelope(cursor, method)
  method.inputType = input.type
  method.outputType = output.type
  if (input.stream) method.clientStreaming = true
  if (output.stream) method.serverStreaming = true
  if (cursor.accept(';')) return cursor.takeTrailing(declaration)
  method.options = create(MethodOptionsSchema)
  return cursor.block(() => {
    if (!cursor.accept('option')) return cursor.expected('"option"')
    return parseOptionStatement(cursor, declaration)
  })
}

function parseEnvelope(cursor: ProtoCursor, method: MethodDescriptorProto): { type: string; stream: boolean } {
  cursor.expect('(')
  const stream = cursor.at('stream') && cursor.peek(1).text !== ')'
  if (stream) cursor.next()
  const type = cursor.typeName(method, 'the name of a message')
  cursor.expect(')')
  return { type, stream }
}
