/** Prints the TypeScript types of a .proto file, with the comments of the proto as documentation. */
import type { AnyDesc, DescEnum, DescField, DescMessage, DescOneof, DescService } from '@bufbuild/protobuf'
import type { LoadedProto } from '../proto/load.ts'
import { importSpecifier, runtimeModule } from './emit-module.ts'
import { exportedTypes, localName, type ExportedType } from './exported-type.ts'
import { fieldType, type TypeNames } from './field-type.ts'

export function emitTypes(proto: LoadedProto): string {
  const names = new ImportedNames(proto)
  const body = exportedTypes(proto.file).map((type) => typeDeclaration(proto, names, type))
  const declared = [...body, 'export declare const protoFile: GenFile'].join('\n\n')
  const reexports = proto.file.proto.publicDependency.flatMap((index) => {
    const path = proto.imports[index]?.path
    return path === undefined ? [] : [`export * from ${quoted(importSpecifier(proto.path, path))}`]
  })
  const used = [
    'GenEnum',
    'GenExtension',
    'GenFile',
    'GenMessage',
    'JsonObject',
    'Message',
    'RefText',
    'RpcContract',
    'wkt',
  ].filter((name) => new RegExp(`(?<![.\\w'/])${name}(?=[<.\\s|\\[,}]|$)`, 'm').test(declared))
  return [
    `// Types of ${proto.file.proto.name.split('/').at(-1)}, made by @justscale/rpc. Not for editing.`,
    `import type { ${used.join(', ')} } from '${runtimeModule}'`,
    ...names.imports(),
    ...reexports,
    '',
    declared,
    '',
  ].join('\n')
}

/** Names of types of other files, imported as they are met. */
class ImportedNames implements TypeNames {
  readonly #proto: LoadedProto
  readonly #imports = new Map<string, Set<string>>()

  constructor(proto: LoadedProto) {
    this.#proto = proto
  }

  typeName(type: DescMessage | DescEnum): string {
    return this.#name(type, localName(type))
  }

  schemaName(type: DescMessage | DescEnum): string {
    return this.#name(type, `${localName(type)}Schema`)
  }

  imports(): string[] {
    return [...this.#imports].map(
      ([from, names]) => `import type { ${[...names].toSorted().join(', ')} } from ${quoted(from)}`,
    )
  }

  #name(type: DescMessage | DescEnum, name: string): string {
    if (type.file === this.#proto.file) return name
    const path = pathOf(this.#proto, type)
    if (path === undefined) return `wkt.${name}`
    const from = importSpecifier(this.#proto.path, path)
    const alias = exportedTypes(this.#proto.file).some((own) => localName(own) === localName(type))
      ? `Imported${name}`
      : name
    const names = this.#imports.get(from) ?? new Set()
    this.#imports.set(from, names.add(alias === name ? name : `${name} as ${alias}`))
    return alias
  }
}

/** The path of the import that declares a type, possibly by a public import of its own; undefined for well-known types. */
function pathOf(proto: LoadedProto, type: DescMessage | DescEnum): string | undefined {
  const reaches = (file: typeof type.file): boolean =>
    file === type.file || file.proto.publicDependency.some((index) => reaches(file.dependencies[index] ?? type.file))
  const direct =
    proto.imports.find((entry) => entry.file === type.file) ?? proto.imports.find((entry) => reaches(entry.file))
  return direct?.path
}

function typeDeclaration(proto: LoadedProto, names: ImportedNames, type: ExportedType): string {
  const comment = documentation(proto, type, '')
  const name = localName(type)
  switch (type.kind) {
    case 'message': {
      const members = type.members.map((member) => memberDeclaration(proto, names, member))
      const shape = members.length === 0 ? '{}' : `{\n${members.join('\n')}\n}`
      return (
        `${comment}export type ${name} = Message<${quoted(type.typeName)}> & ${shape}\n` +
        `export declare const ${name}Schema: GenMessage<${name}>`
      )
    }
    case 'enum': {
      const values = type.values.map(
        (value) => `${documentation(proto, value, '  ')}  ${value.localName} = ${value.number},`,
      )
      return (
        `${comment}export declare enum ${name} {\n${values.join('\n')}\n}\n` +
        `export declare const ${name}Schema: GenEnum<${name}>`
      )
    }
    case 'extension': {
      const value = fieldType(type, names)
      return `${comment}export declare const ${name}: GenExtension<${names.typeName(type.extendee)}, ${value}>`
    }
    case 'service':
      return `${comment}export declare const ${name}Contract: RpcContract<{\n${methodMembers(proto, names, type).join('\n')}\n}>`
  }
}

function memberDeclaration(proto: LoadedProto, names: ImportedNames, member: DescField | DescOneof): string {
  const comment = documentation(proto, member, '  ')
  if (member.kind === 'field') {
    return `${comment}  ${member.localName}${isOptional(member) ? '?' : ''}: ${fieldType(member, names)}`
  }
  const cases = member.fields.map(
    (field) =>
      `    | { ${inlineDocumentation(proto, field)}case: ${quoted(field.localName)}; value: ${fieldType(field, names)} }`,
  )
  return `${comment}  ${member.localName}:\n${cases.join('\n')}\n    | { case: undefined; value?: undefined }`
}

/** As protobuf-es: with prototypes (proto2, editions) a scalar field always has a value. */
function isOptional(field: DescField): boolean {
  const proto3 = field.parent.file.proto.syntax === 'proto3'
  return field.fieldKind === 'message' || (proto3 && field.proto.proto3Optional)
}

function methodMembers(proto: LoadedProto, names: ImportedNames, service: DescService): string[] {
  return service.methods.map((method) => {
    const input = names.schemaName(method.input)
    const output = names.schemaName(method.output)
    const types = `methodKind: '${method.methodKind}'; input: typeof ${input}; output: typeof ${output}`
    return `${documentation(proto, method, '  ')}  ${method.localName}: { ${types} }`
  })
}

function commentOf(proto: LoadedProto, desc: AnyDesc): string | undefined {
  const declaration = proto.parsed.cursor.declarations.get(desc.proto)
  const text = [declaration?.leading, declaration?.trailing]
    .filter((part) => part !== undefined && part !== '')
    .join('\n')
  const deprecated = 'deprecated' in desc && desc.deprecated ? '@deprecated' : ''
  return (
    [text, deprecated]
      .filter((part) => part !== '')
      .join('\n')
      .replaceAll('*/', '*\\/') || undefined
  )
}

function documentation(proto: LoadedProto, desc: AnyDesc, indent: string): string {
  const text = commentOf(proto, desc)
  if (text === undefined) return ''
  const lines = text.split('\n')
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`
}

function inlineDocumentation(proto: LoadedProto, desc: AnyDesc): string {
  const text = commentOf(proto, desc)
  return text === undefined ? '' : `/** ${text.replaceAll('\n', ' ')} */ `
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
