/**
 * What a module brings into a handler: its imports, its own declarations, and which of the names are the engine's
 * primitives, however they were imported (renamed, or through a namespace).
 */
import { isFunction, walk, type Node } from './ast.ts'
import type { Follow } from './handed-on.ts'
import { patternNames } from './scope.ts'

export interface ModuleNames {
  /** Local name to what it imports. */
  readonly imports: ReadonlyMap<string, ImportedName>
  /** Top-level declarations by name. */
  readonly declarations: ReadonlyMap<string, Declaration>
  /** Finds the engine's words in what other files hand on. */
  readonly follow?: Follow
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
  /** Of a function or block around the definition, not of the module itself. */
  readonly local?: true
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

const ENGINE = '@justscale/engine'
const SPECIFIERS = new Set([ENGINE, '@justscale/core/process', '@justscale/core'])

export function moduleNames(program: Node, follow?: Follow): ModuleNames {
  const imports = new Map<string, ImportedName>()
  const declarations = new Map<string, Declaration>()
  for (const each of program.body as Node[]) {
    if (each.type === 'ImportDeclaration') addImport(each, imports, follow)
    else if (!addRequired(each, imports)) declare(each, declarations)
  }
  hoistVars(program, declarations)
  return { imports, declarations, ...(follow ? { follow } : {}) }
}

/** A `var` at any depth belongs to the function, or the module, around it. */
export function hoistVars(body: Node, declarations: Map<string, Declaration>): void {
  walk(body, (each) => {
    if (each !== body && (isFunction(each) || each.type === 'StaticBlock')) return false
    if (each.type === 'VariableDeclaration' && each.kind === 'var') declare(each, declarations)
    return each.type !== 'TSModuleDeclaration'
  })
}

function addImport(node: Node, imports: Map<string, ImportedName>, follow: Follow | undefined): void {
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
    const word = isWord(name) && !isEngineName(specifier, name) ? follow?.(specifier, name) : undefined
    imports.set(each.local.name as string, word ? { specifier: ENGINE, name: word } : { specifier, name })
  }
}

const OTHERS = new Set(['TSEnumDeclaration', 'TSModuleDeclaration', 'TSImportEqualsDeclaration'])

/** `import os = require('node:os')` */
function addRequired(statement: Node, imports: Map<string, ImportedName>): boolean {
  const node = (statement.declaration ?? statement) as Node
  if (node.type !== 'TSImportEqualsDeclaration' || node.importKind === 'type') return false
  if (node.moduleReference.type !== 'TSExternalModuleReference') return false
  imports.set(node.id.name as string, { specifier: node.moduleReference.expression.value as string, name: 'export=' })
  return true
}

/** Adds what a statement declares in the block it stands in. */
export function declare(statement: Node, declarations: Map<string, Declaration>): void {
  const node = (statement.type.startsWith('Export') ? (statement.declaration ?? statement) : statement) as Node
  if (node.type === 'FunctionDeclaration' && node.id)
    declarations.set(node.id.name, { kind: 'function', node, init: node })
  else if (node.type === 'ClassDeclaration' && node.id) declarations.set(node.id.name, { kind: 'class', node })
  else if (OTHERS.has(node.type) && node.id?.type === 'Identifier')
    declarations.set(node.id.name, { kind: 'other', node })
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
    if (imported?.name !== '*' || !isWord(property)) return undefined
    return isEngineName(imported.specifier, property) ? property : names.follow?.(imported.specifier, property)
  }
  return undefined
}

/** Whether a name is one of the engine's, wherever it comes from. */
function isWord(name: string): boolean {
  return PRIMITIVES.has(name) || DEFINERS.has(name)
}

/** Whether a package's export is one of the engine's words. */
export function isEngineName(specifier: string, name: string): boolean {
  if (!SPECIFIERS.has(specifier)) return false
  return specifier === '@justscale/core' ? name === 'transaction' : isWord(name)
}

/** The primitive at the root of a call: `delay` for `delay.days(r, 3)`, `signal` for `signal(x)` and `signal.all([x])`. */
export function primitiveCall(node: Node | null | undefined, names: ModuleNames): string | undefined {
  if (node?.type !== 'CallExpression') return undefined
  const direct = engineName(node.callee, names)
  if (direct) return direct
  return node.callee.type === 'MemberExpression' ? engineName(node.callee.object, names) : undefined
}
