/**
 * What a module brings into a handler: its imports, its own declarations, and which of the names are the engine's
 * primitives, however they were imported (renamed, or through a namespace).
 */
import { isFunction, walk, type Node } from './ast.ts'
import type { Follow } from './handed-on.ts'
import type { ImportReference } from './import-reference.ts'
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
  /** A namespace that another file hands on under a name: `export * as billing from './billing.ts'`. */
  readonly namespace?: true
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
  const called = calledNames(program)
  for (const each of program.body as Node[]) {
    if (each.type === 'ImportDeclaration') addImport(each, imports, called, follow)
    else if (!addRequired(each, imports)) declare(each, declarations)
  }
  hoistVars(program, declarations)
  const names = { imports, declarations, ...(follow ? { follow } : {}) }
  for (const [text, { kind, init }] of declarations) {
    const word = kind === 'const' && init && called.has(text) ? engineName(init, names) : undefined
    if (word === undefined) continue
    imports.set(text, { specifier: ENGINE, name: word })
    declarations.delete(text)
  }
  return names
}

/** `define` of `define(...)` and `const make = define`, `delay` of `delay.days(1)`: only what is called can be a word. */
function calledNames(program: Node): Set<string> {
  const found = new Set<string>()
  walk(program, (node) => {
    let root = (node.type === 'CallExpression' ? node.callee : node.type === 'VariableDeclarator' && node.init) as Node
    if (!root) return
    while (root.type === 'MemberExpression') root = root.object
    if (root.type === 'Identifier') found.add(root.name as string)
  })
  return found
}

/** A `var` at any depth belongs to the function, or the module, around it. */
export function hoistVars(body: Node, declarations: Map<string, Declaration>): void {
  walk(body, (each) => {
    if (each !== body && (isFunction(each) || each.type === 'StaticBlock')) return false
    if (each.type === 'VariableDeclaration' && each.kind === 'var') declare(each, declarations)
    return each.type !== 'TSModuleDeclaration'
  })
}

function addImport(
  node: Node,
  imports: Map<string, ImportedName>,
  called: ReadonlySet<string>,
  follow: Follow | undefined,
): void {
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
    const local = each.local.name as string
    const known = name === '*' || isEngineName(specifier, name)
    const word = called.has(local) && !known ? follow?.(specifier, [name]) : undefined
    if (word === '*') imports.set(local, { specifier, name, namespace: true })
    else imports.set(local, word ? { specifier: ENGINE, name: word } : { specifier, name })
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
  if (node.type !== 'MemberExpression' || node.computed) return undefined
  const module = namespaceOf(node.object, names)
  if (!module) return undefined
  const property = node.property.name as string
  if (module.path.length === 0 && isEngineName(module.specifier, property)) return property
  const found = names.follow?.(module.specifier, [...module.path, property])
  return found === '*' ? undefined : found
}

/** The module whose namespace an expression is: `helpers`, and `all.helpers` of a file that hands it on. */
export function namespaceOf(node: Node, names: ModuleNames): ImportReference | undefined {
  if (node.type === 'Identifier') {
    const imported = node.variable ? undefined : names.imports.get(node.name as string)
    if (imported?.name === '*') return { specifier: imported.specifier, path: [] }
    return imported?.namespace ? { specifier: imported.specifier, path: [imported.name] } : undefined
  }
  const around = node.type === 'MemberExpression' && !node.computed ? namespaceOf(node.object, names) : undefined
  if (!around) return undefined
  const path = [...around.path, node.property.name as string]
  return names.follow?.(around.specifier, path) === '*' ? { ...around, path } : undefined
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
