/**
 * Names: which declaration every identifier of a compiled function means. Writes `variable` onto identifiers and `scope`
 * onto the nodes that open one; identifiers without `variable` are free (module or global).
 */
import { children, isFunction, isNode, type Node } from './ast.ts'

export type VariableKind = 'var' | 'let' | 'const' | 'using' | 'await using' | 'param' | 'function' | 'class' | 'catch'

export interface Variable {
  readonly name: string
  kind: VariableKind
  readonly scope: Scope
  /** The declaring identifier. */
  readonly node: Node
  /** Its initialiser, for `const f = ...` and function declarations. */
  init?: Node
  readonly references: Node[]
  /** Written to after its declaration. */
  reassigned: boolean
  /** Functions other than its own that use it. */
  readonly captured: Set<Node>
  /** Where it lives when it lives in a frame; decided by `place.ts`. */
  slot?: string
  /** Slot of the per-iteration object it lives in. */
  box?: string
  /** Function node whose frame holds it. */
  owner?: Node
  /** Stands for an injected dependency. */
  dependency?: string
  /** Stands for the whole of the dependencies, or of the handler's third argument, or one member of that. */
  special?: 'dependencies' | 'context' | 'publish'
  /** Its uses as a promise: awaited, joined, given on to one that is. */
  awaitedAt?: Set<Node>
  /** Nothing but a promise can be meant: it is used in no other way. */
  onlyAwaited?: boolean
  /** Name to print when it stays a native variable and would clash. */
  rename?: string
}

export interface Scope {
  readonly node: Node
  readonly parent?: Scope
  /** The function it is in. */
  readonly func: Node
  readonly variables: Map<string, Variable>
  /** Its variables are new in each turn of a loop. */
  readonly perIteration: boolean
}

const LOOPS = new Set(['ForStatement', 'ForInStatement', 'ForOfStatement', 'WhileStatement', 'DoWhileStatement'])

/** Resolves all names in `func`. */
export function resolveNames(func: Node, outer?: Scope): void {
  const uses: { node: Node; scope: Scope; write: boolean }[] = []
  enter(func, outer, func, false)
  for (const { node, scope, write } of uses) {
    const variable = lookUp(scope, node.name as string)
    if (!variable) continue
    node.variable = variable
    variable.references.push(node)
    if (write) variable.reassigned = true
    if (scope.func !== variable.scope.func) variable.captured.add(scope.func)
  }

  function open(node: Node, parent: Scope | undefined, of: Node, perIteration: boolean): Scope {
    const scope: Scope = { node, func: of, variables: new Map(), perIteration, ...(parent ? { parent } : {}) }
    node.scope = scope
    return scope
  }

  function enter(node: Node, parent: Scope | undefined, of: Node, inLoop: boolean): void {
    if (isFunction(node)) return enterFunction(node, parent)
    if (node.type === 'ClassExpression' || node.type === 'ClassDeclaration') return enterClass(node, parent, of)
    const opens =
      ['BlockStatement', 'SwitchStatement', 'StaticBlock'].includes(node.type) || node.type.startsWith('For')
    if (node.type === 'CatchClause') {
      const scope = open(node, parent, of, parent?.perIteration ?? false)
      if (node.param) declarePattern(node.param, 'catch', scope)
      if (node.param) visitPattern(node.param, scope, false)
      return enter(node.body, scope, of, inLoop)
    }
    if (opens) {
      const loop = LOOPS.has(node.type)
      const scope = open(node, parent, of, loop || inLoop)
      if (node.type === 'SwitchStatement') {
        enter(node.discriminant, parent, of, inLoop)
        for (const each of node.cases as Node[]) hoist(each.consequent as Node[], scope)
        for (const each of node.cases as Node[]) for (const child of children(each)) enter(child, scope, of, inLoop)
        return
      }
      if (node.type === 'BlockStatement' || node.type === 'StaticBlock') hoist(node.body as Node[], scope)
      for (const key of ['init', 'left'] as const) {
        const head: unknown = node[key]
        if (isNode(head) && head.type === 'VariableDeclaration') hoist([head], scope)
      }
      if (node.type === 'ForInStatement' || node.type === 'ForOfStatement') {
        if (node.left.type !== 'VariableDeclaration') visitPattern(node.left, scope, true)
        else for (const each of node.left.declarations as Node[]) visitPattern(each.id, scope, false)
        enter(node.right, scope, of, inLoop)
        return enter(node.body, scope, of, true)
      }
      for (const child of children(node)) enter(child, scope, of, loop || inLoop)
      return
    }
    visit(node, parent as Scope, of, inLoop || LOOPS.has(node.type))
  }

  function visit(node: Node, scope: Scope, of: Node, inLoop: boolean): void {
    switch (node.type) {
      case 'Identifier':
        uses.push({ node, scope, write: false })
        return
      case 'MemberExpression':
        enter(node.object, scope, of, inLoop)
        if (node.computed) enter(node.property, scope, of, inLoop)
        return
      case 'Property':
      case 'PropertyDefinition':
      case 'MethodDefinition':
        if (node.computed) enter(node.key, scope, of, inLoop)
        if (node.value) enter(node.value, scope, of, inLoop)
        return
      case 'LabeledStatement':
        return enter(node.body, scope, of, inLoop)
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'MetaProperty':
        return
      case 'VariableDeclarator':
        visitPattern(node.id, scope, node.declaredAs === 'var')
        if (node.init) enter(node.init, scope, of, inLoop)
        return
      case 'AssignmentExpression':
        visitPattern(node.left, scope, true)
        enter(node.right, scope, of, inLoop)
        return
      case 'UpdateExpression':
        if (node.argument.type === 'Identifier') uses.push({ node: node.argument, scope, write: true })
        else enter(node.argument, scope, of, inLoop)
        return
      default:
        for (const child of children(node)) enter(child, scope, of, inLoop)
    }
  }

  /** Targets of a pattern; expressions in it (defaults, computed keys, member targets) are visited as such. */
  function visitPattern(node: Node, scope: Scope, write: boolean): void {
    switch (node.type) {
      case 'Identifier':
        uses.push({ node, scope, write })
        return
      case 'ObjectPattern':
      case 'ObjectExpression':
        for (const each of node.properties as Node[]) {
          if (each.type === 'RestElement' || each.type === 'SpreadElement') visitPattern(each.argument, scope, write)
          else {
            if (each.computed) enter(each.key, scope, scope.func, false)
            visitPattern(each.value, scope, write)
          }
        }
        return
      case 'ArrayPattern':
        for (const each of node.elements as (Node | null)[]) if (each) visitPattern(each, scope, write)
        return
      case 'RestElement':
        return visitPattern(node.argument, scope, write)
      case 'AssignmentPattern':
        visitPattern(node.left, scope, write)
        enter(node.right, scope, scope.func, false)
        return
      default:
        enter(node, scope, scope.func, false)
    }
  }

  function enterFunction(node: Node, parent: Scope | undefined): void {
    let above = parent
    if (node.type === 'FunctionExpression' && node.id) {
      above = open({ type: 'Name', start: node.start, end: node.end }, parent, node, false)
      declare(node.id, 'function', above, node)
      node.id.variable = above.variables.get(node.id.name as string)
    }
    const scope = open(node, above, node, false)
    for (const param of node.params as Node[]) declarePattern(param, 'param', scope)
    for (const param of node.params as Node[]) visitPattern(param, scope, false)
    if (node.body.type !== 'BlockStatement') return enter(node.body, scope, node, false)
    hoistVars(node.body, scope)
    const inner = open(node.body, scope, node, false)
    hoist(node.body.body as Node[], inner)
    for (const child of node.body.body as Node[]) enter(child, inner, node, false)
  }

  function enterClass(node: Node, parent: Scope | undefined, of: Node): void {
    const scope = open(node, parent, of, false)
    if (node.type === 'ClassDeclaration' && node.id) uses.push({ node: node.id, scope: parent as Scope, write: false })
    if (node.type === 'ClassExpression' && node.id) {
      declare(node.id, 'class', scope, node)
      node.id.variable = scope.variables.get(node.id.name as string)
    }
    if (node.superClass) enter(node.superClass, scope, of, false)
    for (const each of node.body.body as Node[]) enter(each, scope, of, false)
  }

  /** Declares what a list of statements declares in its own block. */
  function hoist(body: readonly Node[], scope: Scope): void {
    for (const each of body) {
      if (each.type === 'FunctionDeclaration') declare(each.id, 'function', scope, each)
      else if (each.type === 'ClassDeclaration') declare(each.id, 'class', scope, each)
      else if (each.type === 'VariableDeclaration' && each.kind !== 'var') {
        for (const one of each.declarations as Node[]) {
          const kind = each.kind as VariableKind
          if (one.id.type === 'Identifier') declare(one.id, kind, scope, one.init as Node | undefined)
          else declarePattern(one.id, kind, scope)
        }
      }
    }
  }

  function hoistVars(node: Node, scope: Scope): void {
    for (const child of children(node)) {
      if (isFunction(child)) continue
      if (child.type === 'VariableDeclaration' && child.kind === 'var') {
        for (const one of child.declarations as Node[]) {
          one.declaredAs = 'var'
          declarePattern(one.id, 'var', scope)
        }
      }
      hoistVars(child, scope)
    }
  }

  function declarePattern(node: Node, kind: VariableKind, scope: Scope): void {
    for (const target of patternNames(node)) declare(target, kind, scope)
  }

  function declare(node: Node, kind: VariableKind, scope: Scope, init?: Node): void {
    const text = node.name as string
    const existing = scope.variables.get(text)
    if (existing) {
      if (kind === 'function') existing.init = init as Node
      node.variable = existing
      return
    }
    const variable: Variable = {
      name: text,
      kind,
      scope,
      node,
      references: [],
      reassigned: false,
      captured: new Set(),
      ...(init ? { init } : {}),
    }
    scope.variables.set(text, variable)
    node.variable = variable
  }
}

function lookUp(scope: Scope | undefined, text: string): Variable | undefined {
  for (let each = scope; each; each = each.parent) {
    const found = each.variables.get(text)
    if (found) return found
  }
  return undefined
}

/** Identifiers that a pattern binds, in order. */
export function patternNames(node: Node | null): Node[] {
  if (!node) return []
  switch (node.type) {
    case 'Identifier':
      return [node]
    case 'ObjectPattern':
      return (node.properties as Node[]).flatMap((each) =>
        patternNames(each.type === 'RestElement' ? each.argument : each.value),
      )
    case 'ArrayPattern':
      return (node.elements as (Node | null)[]).flatMap(patternNames)
    case 'RestElement':
      return patternNames(node.argument)
    case 'AssignmentPattern':
      return patternNames(node.left)
    default:
      return []
  }
}
