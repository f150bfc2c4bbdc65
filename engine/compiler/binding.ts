/**
 * Names a program takes from outside the handler. Functions and constants of its own module are compiled into the program;
 * imports, classes, and whatever has state are late-bound and carry their origin.
 */
import type { Binding } from '../program/program.ts'
import { copy, isFunction, walk, type Node } from './ast.ts'
import type { Builder } from './builder.ts'
import type { ModuleNames } from './module.ts'
import { isModuleOnly } from './module-syntax.ts'
import { Rewriter } from './rewrite.ts'
import { resolveNames } from './scope.ts'
import { newRoutine, type Unit } from './unit.ts'

export class BindingTable {
  readonly bindings: Binding[] = []
  readonly dependencies = new Set<string>()
  /** Declarations of the module whose code the program brings along. */
  readonly compiledIn = new Set<Node>()
  private readonly unit: Unit
  private readonly builder: Builder
  private readonly known = new Set<string>()

  constructor(unit: Unit, builder: Builder) {
    this.unit = unit
    this.builder = builder
  }

  dependency(key: string): void {
    this.dependencies.add(key)
  }

  /** Makes sure the program has a binding of this module-level name. */
  add(text: string): void {
    if (this.known.has(text)) return
    this.known.add(text)
    const { imports, declarations } = this.unit.names
    const imported = imports.get(text)
    if (imported) {
      this.bindings.push({ name: text, origin: `${this.unit.resolve(imported.specifier)}#${imported.name}` })
      return
    }
    const declared = declarations.get(text)
    const init = declared?.init
    const origin = `${this.unit.origin}#${declared?.local ? `${this.unit.path}:` : ''}${text}`
    if (init && declared.kind !== 'let' && isSelfContained(init, this.unit.names)) {
      this.compiledIn.add(declared.node)
      const index = this.bindings.length
      this.bindings.push({ name: text, origin })
      this.bindings[index] = { name: text, origin, code: this.compileIn(init) }
    } else this.bindings.push({ name: text, origin })
  }

  private compileIn(init: Node): number {
    const tree = copy(init)
    if (!isFunction(tree)) return this.builder.add(this.rewriter(tree).code(tree))
    resolveNames(tree)
    const expression = tree.type === 'FunctionDeclaration' ? { ...tree, type: 'FunctionExpression', id: null } : tree
    return this.builder.add(this.rewriter(tree).code(expression))
  }

  /** The region runs in no frame: everything in it is native or free. */
  private rewriter(node: Node): Rewriter {
    const routine = newRoutine({ routines: [] }, node, '')
    return new Rewriter(this.unit, routine, this)
  }
}

const PLAIN = new Set([
  'Literal',
  'TemplateLiteral',
  'TemplateElement',
  'UnaryExpression',
  'BinaryExpression',
  'ConditionalExpression',
  'LogicalExpression',
])

/** A function without module state of its own, or a constant made of literals. */
function isSelfContained(node: Node, names: ModuleNames): boolean {
  if (!isFunction(node)) return isPlain(node, names)
  let clean = !node.generator
  walk(node, (each) => {
    if (each.type === 'ThisExpression' || each.type === 'Super' || each.type.startsWith('TS') || isModuleOnly(each))
      clean = false
    const target =
      each.type === 'AssignmentExpression' ? each.left : each.type === 'UpdateExpression' ? each.argument : undefined
    if (target?.type === 'Identifier' && names.declarations.get(target.name)?.kind === 'let') clean = false
  })
  return clean
}

function isPlain(node: Node, names: ModuleNames): boolean {
  if (PLAIN.has(node.type)) {
    let plain = true
    walk(node, (each) => {
      if (each !== node && !PLAIN.has(each.type) && !isConstantName(each, names)) plain = false
    })
    return plain
  }
  return isConstantName(node, names)
}

function isConstantName(node: Node, names: ModuleNames): boolean {
  if (node.type !== 'Identifier') return false
  const declared = names.declarations.get(node.name as string)
  return declared?.kind === 'const' && declared.init !== undefined && isPlain(declared.init, names)
}
