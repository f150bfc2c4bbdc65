/**
 * Turns a parsed file and the files it imports into a complete, checked descriptor: names of types are resolved,
 * options are interpreted, and what protobuf forbids is reported at its place.
 */
import { createFileRegistry, createRegistry, type DescFile, type Registry } from '@bufbuild/protobuf'
import { FieldDescriptorProto_Type, type FieldDescriptorProto, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { ProtoSyntaxError } from '../errors.ts'
import { interpretOptions } from './interpret-options.ts'
import type { ParsedProto } from './parse-file.ts'
import { addImported, addPackage, findSymbol, visibleFiles, walkSymbols, type SymbolTable } from './symbol.ts'
import { validateFile } from './validate.ts'

export interface LinkContext {
  readonly parsed: ParsedProto
  readonly table: SymbolTable
  /** The scope in which a descriptor is declared. */
  readonly scopes: ReadonlyMap<object, string>
  readonly names: ReadonlyMap<object, string>
}

/** Throws ProtoSyntaxError. `imports` is in the order of the file's dependencies, `optionImports` of its option imports. */
export function linkProto(
  parsed: ParsedProto,
  imports: readonly DescFile[],
  optionImports: readonly DescFile[],
): DescFile {
  const { descriptor } = parsed
  const context = collectSymbols(parsed, [...imports, ...optionImports])
  descriptor.dependency = imports.map((file) => file.proto.name)
  descriptor.optionDependency = optionImports.map((file) => file.proto.name)
  resolveNames(context)
  const build = () => buildFile(parsed, imports)
  const extensions = descriptor.extension.length > 0 || descriptor.messageType.some(hasExtension)
  const options = (): Registry => {
    const visible = [...visibleFiles([...imports, ...optionImports])]
    return createRegistry(...visible, ...(extensions ? [build()] : []))
  }
  interpretOptions(context, options)
  validateFile(context)
  return build()
}

function hasExtension(message: { extension: unknown[]; nestedType: { extension: unknown[] }[] }): boolean {
  return (
    message.extension.length > 0 || message.nestedType.some((nested) => hasExtension({ nestedType: [], ...nested }))
  )
}

function collectSymbols(parsed: ParsedProto, imports: readonly DescFile[]): LinkContext {
  const { descriptor, cursor } = parsed
  const table: SymbolTable = new Map()
  const scopes = new Map<object, string>()
  const names = new Map<object, string>()
  for (const file of visibleFiles(imports)) addImported(table, file)
  addPackage(table, descriptor)
  walkSymbols(descriptor, (kind, name, declared, scope) => {
    const before = table.get(name)
    if (before !== undefined) {
      const place = cursor.declarations.get(declared)
      const where = before.declaredIn === descriptor.name ? '' : ` in ${before.declaredIn}`
      cursor.fail(`"${name}" is already declared${where}, as a ${before.kind}`, place)
    }
    table.set(name, { kind, name, declaredIn: descriptor.name, descriptor: declared })
    scopes.set(declared, scope)
    names.set(declared, name)
  })
  return { parsed, table, scopes, names }
}

function resolveNames({ parsed, table, scopes }: LinkContext): void {
  const { cursor, descriptor } = parsed
  const resolve = (
    owner: object,
    part: number,
    scope: string,
    name: string,
    wanted: readonly ('message' | 'enum')[],
  ) => {
    const symbol = findSymbol(table, scope, name, ['message', 'enum'])
    const what = wanted.join(' or ')
    const place = cursor.typePlaces.get(owner)?.[part] ?? cursor.declarations.get(owner)
    if (symbol === undefined)
      return cursor.fail(`there is no ${what} "${name}" here${missingImport(descriptor, name)}`, place)
    if (!wanted.some((kind) => kind === symbol.kind))
      cursor.fail(`"${name}" is not a ${what} but ${symbol.kind === 'enum' ? 'an' : 'a'} ${symbol.kind}`, place)
    return symbol
  }
  walkSymbols(descriptor, (kind, _name, declared, scope) => {
    if (kind !== 'field' && kind !== 'extension') return
    const field = declared as FieldDescriptorProto
    if (field.typeName !== '') {
      const symbol = resolve(field, 0, scope, field.typeName, ['message', 'enum'])
      const group = field.type === FieldDescriptorProto_Type.GROUP
      field.typeName = `.${symbol.name}`
      if (!group) {
        field.type = symbol.kind === 'enum' ? FieldDescriptorProto_Type.ENUM : FieldDescriptorProto_Type.MESSAGE
      }
    }
    if (field.extendee === '') return
    const extendee = findSymbol(table, scope, field.extendee, ['message'])
    if (extendee?.kind !== 'message') {
      return cursor.fail(`there is no message "${field.extendee}" to extend`, cursor.extendeePlaces.get(field))
    }
    field.extendee = `.${extendee.name}`
  })
  for (const service of descriptor.service) {
    for (const method of service.method) {
      const scope = scopes.get(method) ?? descriptor.package
      method.inputType = `.${resolve(method, 0, scope, method.inputType, ['message']).name}`
      method.outputType = `.${resolve(method, 1, scope, method.outputType, ['message']).name}`
    }
  }
}

function missingImport(descriptor: FileDescriptorProto, name: string): string {
  const match = /^\.?google\.protobuf\.([A-Za-z]+)$/.exec(name)
  if (match === null) return descriptor.dependency.length === 0 ? ' (the file has no imports)' : ''
  const file = (match[1] ?? '').replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()
  return `: is an import of "google/protobuf/${file.endsWith('value') ? 'wrappers' : file}.proto" missing?`
}

/** The registry has rules of its own; what slips through ours is at least reported with the file. */
function buildFile(parsed: ParsedProto, imports: readonly DescFile[]): DescFile {
  const { descriptor } = parsed
  try {
    const registry = createFileRegistry(descriptor, (name) => imports.find((file) => file.proto.name === name))
    const file = registry.getFile(descriptor.name)
    if (file !== undefined) return file
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ProtoSyntaxError(descriptor.name, { line: 1, column: 1 }, reason)
  }
  throw new ProtoSyntaxError(descriptor.name, { line: 1, column: 1 }, 'the file could not be linked')
}
