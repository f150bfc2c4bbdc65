/**
 * What names mean: every declaration of a file under its full name, and protobuf's rule for finding a name from inside
 * a scope (innermost scope first; the first part of a dotted name decides).
 */
import type { DescFile } from '@bufbuild/protobuf'
import type { DescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt'

export type SymbolKind =
  'package' | 'message' | 'enum' | 'value' | 'field' | 'extension' | 'oneof' | 'service' | 'method'

export interface ProtoSymbol {
  readonly kind: SymbolKind
  readonly name: string
  readonly declaredIn: string
  readonly descriptor: object | undefined
}

export type SymbolTable = Map<string, ProtoSymbol>

/** Calls `add` for every declaration of the file, outer ones first. */
export function walkSymbols(
  file: FileDescriptorProto,
  add: (kind: SymbolKind, name: string, descriptor: object, scope: string) => void,
): void {
  const scope = file.package
  const join = (outer: string, name: string) => (outer === '' ? name : `${outer}.${name}`)
  const enums = (owner: FileDescriptorProto | DescriptorProto, outer: string) => {
    for (const enumeration of owner.enumType) {
      add('enum', join(outer, enumeration.name), enumeration, outer)
      for (const value of enumeration.value) add('value', join(outer, value.name), value, join(outer, enumeration.name))
    }
  }
  const message = (descriptor: DescriptorProto, outer: string) => {
    const name = join(outer, descriptor.name)
    add('message', name, descriptor, outer)
    for (const field of descriptor.field) add('field', join(name, field.name), field, name)
    for (const oneof of descriptor.oneofDecl) add('oneof', join(name, oneof.name), oneof, name)
    for (const extension of descriptor.extension) add('extension', join(name, extension.name), extension, name)
    for (const nested of descriptor.nestedType) message(nested, name)
    enums(descriptor, name)
  }
  for (const descriptor of file.messageType) message(descriptor, scope)
  enums(file, scope)
  for (const extension of file.extension) add('extension', join(scope, extension.name), extension, scope)
  for (const service of file.service) {
    const name = join(scope, service.name)
    add('service', name, service, scope)
    for (const method of service.method) add('method', join(name, method.name), method, name)
  }
}

export function addPackage(table: SymbolTable, file: FileDescriptorProto): void {
  const parts = file.package === '' ? [] : file.package.split('.')
  parts.forEach((_, index) => {
    const name = parts.slice(0, index + 1).join('.')
    if (!table.has(name)) table.set(name, { kind: 'package', name, declaredIn: file.name, descriptor: undefined })
  })
}

export function addImported(table: SymbolTable, file: DescFile): void {
  addPackage(table, file.proto)
  walkSymbols(file.proto, (kind, name, descriptor) => {
    table.set(name, { kind, name, declaredIn: file.proto.name, descriptor })
  })
}

/** The files whose names can be used where `imports` are imported: them, and what they import publicly. */
export function visibleFiles(imports: Iterable<DescFile>, seen: Set<DescFile> = new Set()): Set<DescFile> {
  for (const file of imports) {
    if (seen.has(file)) continue
    seen.add(file)
    visibleFiles(
      file.proto.publicDependency.flatMap((index) => file.dependencies[index] ?? []),
      seen,
    )
  }
  return seen
}

/** The symbol a name means inside `scope`; undefined when there is none. */
export function findSymbol(
  table: SymbolTable,
  scope: string,
  name: string,
  wanted: readonly SymbolKind[],
): ProtoSymbol | undefined {
  if (name.startsWith('.')) return table.get(name.slice(1))
  const dot = name.indexOf('.')
  const first = dot === -1 ? name : name.slice(0, dot)
  for (let outer = scope; ; outer = outer.slice(0, Math.max(outer.lastIndexOf('.'), 0))) {
    const prefix = outer === '' ? '' : `${outer}.`
    const head = table.get(prefix + first)
    if (head !== undefined) {
      if (dot === -1 ? wanted.includes(head.kind) : hasMembers(head)) return table.get(prefix + name)
    }
    if (outer === '') return undefined
  }
}

function hasMembers(symbol: ProtoSymbol): boolean {
  return ['package', 'message', 'enum', 'service'].includes(symbol.kind)
}
