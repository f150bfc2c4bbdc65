/**
 * What a module brings into a handler: its imports, its own declarations, and which of the names are the engine's
 * primitives, however they were imported (renamed, or through a namespace).
 */
import type { Node } from './ast.ts'
import { patternNames } from './scope.ts'

export interface ModuleNames {
  /** Local name to what it imports. */
  readonly imports: ReadonlyMap<string, ImportedName>
  /** Top-level declarations by name. */
  readonly declarations: ReadonlyMap<string, Declaration>
}

export interface ImportedName {
  readonly specifier: string
  /** `*` for a namespace. */
  readonly name: string
}

export interface Declaration {
  readonly kind: 'function' | 'class' | 'const' | 'let' | 'other'
  readonly node: Node
  readonly init?: Node
}

export const PRIMITIVES = new Set([
  'race',
  'signal',
  'listen',
  'drain',
  'delay',
  'retry',
  'routine',
  'currentStep',
  'transaction',
  'ProcessCancelled',
])

export const DEFINERS = new Set(['createProcess', 'defineProcess'])

const SPECIFIERS = new Set(['@justscale/engine', '@justscale/core/process', '@justscale/core'])

export function moduleNames(program: Node): ModuleNames {
  const imports = new Map<string, ImportedName>()
  const declarations = new Map<string, Declaration>()
  for (const each of program.body as Node[]) {
    if (each.type === 'ImportDeclaration') addImport(each, imports)
    else declare(each.type.startsWith('Export') && each.declaration ? each.declaration : each, declarations)
  }
  return { imports, declarations }
}

function addImport(node: Node, imports: Map<string, ImportedName>): void {
  if (node.importKind === 'type') return
  const specifier = node.source.value as string
  for (const each of (node.specifiers ?? []) as Node[]) {
    if (each.importKind === 'type') continue
    const name =
      each.type === 'ImportNamespaceSpecifier'
        ? '*'
        : each.type === 'ImportDefaultSpecifier'
          ? 'default'
          : ((each.imported.name ?? each.imported.value) as string)
    imports.set(each.local.name as string, { specifier, name })
  }
}

function declare(node: Node, declarations: Map<string, Declaration>): void {
  if (node.type === 'FunctionDeclaration' && node.id)
    declarations.set(node.id.name, { kind: 'function', node, init: node })
  else if (node.type === 'ClassDeclaration' && node.id) declarations.set(node.id.name, { kind: 'class', node })
  else if (node.type === 'TSEnumDeclaration') declarations.set(node.id.name, { kind: 'other', node })
  else if (node.type === 'VariableDeclaration') {
    for (const each of node.declarations as Node[]) {
      for (const target of patternNames(each.id)) {
        const simple = each.id.type === 'Identifier' && each.init
        const kind = node.kind === 'const' ? 'const' : 'let'
        declarations.set(target.name, { kind, node: each, ...(simple ? { init: each.init } : {}) })
      }
    }
  }
}

/** The engine's name for what an expression calls or reads (`race`, `delay`, `createProcess`), or `undefined`. */
export function engineName(node: Node, names: ModuleNames): string | undefined {
  if (node.type === 'Identifier') {
    if (node.variable) return undefined
    const imported = names.imports.get(node.name as string)
    return imported && isEngineName(imported.specifier, imported.name) ? imported.name : undefined
  }
  if (
    node.type === 'MemberExpression' &&
    !node.computed &&
    node.object.type === 'Identifier' &&
    !node.object.variable
  ) {
    const imported = names.imports.get(node.object.name as string)
    const property = node.property.name as string
    if (imported?.name === '*' && isEngineName(imported.specifier, property)) return property
  }
  return undefined
}

function isEngineName(specifier: string, name: string): boolean {
  if (!SPECIFIERS.has(specifier)) return false
  if (specifier === '@justscale/core') return name === 'transaction'
  return PRIMITIVES.has(name) || DEFINERS.has(name)
}

/** The primitive at the root of a call: `delay` for `delay.days(r, 3)`, `signal` for `signal(x)` and `signal.all([x])`. */
export function primitiveCall(node: Node | null | undefined, names: ModuleNames): string | undefined {
  if (node?.type !== 'CallExpression') return undefined
  const direct = engineName(node.callee, names)
  if (direct) return direct
  return node.callee.type === 'MemberExpression' ? engineName(node.callee.object, names) : undefined
}
