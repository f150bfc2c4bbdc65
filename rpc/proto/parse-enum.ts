/** Parses `enum Name { ... }` into an EnumDescriptorProto. */
import { create } from '@bufbuild/protobuf'
import {
  EnumDescriptorProto_EnumReservedRangeSchema,
  EnumValueDescriptorProtoSchema,
  type EnumDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import type { ProtoCursor } from './cursor.ts'
import { parseOptionList, parseOptionStatement } from './option.ts'
import { parseReserved } from './parse-reserved.ts'

const minimum = -2147483648
const maximum = 2147483647

export function parseEnum(cursor: ProtoCursor, descriptor: EnumDescriptorProto): void {
  const declaration = cursor.declare(descriptor)
  cursor.expect('enum')
  descriptor.name = cursor.identifier('the name of an enum')
  cursor.block(() => {
    if (cursor.at('option') && cursor.peek(1).text !== '=') {
      cursor.next()
      return parseOptionStatement(cursor, declaration)
    }
    if (cursor.at('reserved') && cursor.peek(1).text !== '=') {
      return parseReserved(cursor, minimum, maximum, descriptor.reservedName, (start, end) => {
        descriptor.reservedRange.push(create(EnumDescriptorProto_EnumReservedRangeSchema, { start, end }))
      })
    }
    const value = create(EnumValueDescriptorProtoSchema)
    const valueDeclaration = cursor.declare(value)
    value.name = cursor.identifier('the name of an enum value')
    cursor.expect('=')
    value.number = cursor.integer('the number of an enum value', minimum, maximum)
    parseOptionList(cursor, valueDeclaration)
    cursor.expect(';')
    cursor.takeTrailing(valueDeclaration)
    descriptor.value.push(value)
  })
}
