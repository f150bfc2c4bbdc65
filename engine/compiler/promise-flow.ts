/**
 * Where promises come from: from each `await` and each `Promise.all` back through locals, members, lists and maps to the calls
 * whose promises they are. Such a call, not awaited where it is written, runs as a fiber beside (`floats`), and what is
 * passed around is its handle, which can be stored.
 */
import { isFunction, walk, walkOwn, type Node } from './ast.ts'
import { isPromiseJoin } from './called.ts'
import { isCertainPromise, resolvedValue, unwrapResolved } from './promise-call.ts'
import { flowsOf, type Flows } from './value-flow.ts'
import type { Variable } from './scope.ts'

/** Path from a value to a promise in it: member names, `*` for any. */
type Path = readonly string[]

/** Deeper than this nobody keeps promises. */
const DEPTH = 4

/** Takes one out of a list or map. */
const TAKES = new Set(['get', 'at', 'pop', 'shift', 'find', 'findLast'])
/** What may be asked of a list or map besides. */
const PLAIN_MEMBERS = new Set(['length', 'size', 'has', 'includes', 'delete', 'clear'])
/** Gives a list of the same things. */
const LISTS = new Set(['values', 'slice', 'filter', 'concat', 'reverse', 'toReversed', 'toSorted', 'flat', 'splice'])

export function markPromises(root: Node): void {
  unwrapResolved(root)
  const marks = new PromiseMarks(flowsOf(root))
  walk(root, (node) => {
    if (node.type === 'AwaitExpression') marks.awaited(node.argument)
    else if (node.type === 'ForOfStatement' && node.await) marks.each(node)
    else if (isFunction(node)) marks.returns(node)
  })
  marks.finish()
  walk(root, (node) => {
    if (node.type === 'VariableDeclarator' && node.init) node.init = marks.kept(node)
  })
}

class PromiseMarks {
  private readonly flows: Flows
  private readonly wanted = new Map<Variable, Set<string>>()
  /** Calls by the lists, objects and maps that they are put in. */
  private readonly heldIn = new Map<Node, Set<Variable>>()
  /** Uses of locals that promises are taken from. */
  private readonly followed = new Set<Node>()
  /** The locals whose contents are being gone through. */
  private readonly holders: Variable[] = []
  /** Returned, and so awaited by who gets it, if nothing else is done with it. */
  private readonly returned = new Set<Node>()

  constructor(flows: Flows) {
    this.flows = flows
  }

  /** What an await stands before: its own call is no call beside. */
  awaited(node: Node): void {
    if (node.type === 'ConditionalExpression') {
      this.awaited(node.consequent)
      this.awaited(node.alternate)
    } else if (node.type === 'LogicalExpression') {
      this.want(node.left, [])
      this.awaited(node.right)
    } else if (node.type === 'SequenceExpression') this.awaited(node.expressions.at(-1))
    else if (isPromiseJoin(node)) this.want(node.arguments[0], ['*'])
    else if (node.type !== 'CallExpression' || taken(node)) this.want(node, [])
  }

  /** `for await` over calls that are in a list here awaits them in turn; anything else is read as one step. */
  each(node: Node): void {
    const { right } = node
    const sources = right.type === 'Identifier' && right.variable ? this.flows.sources(right.variable) : []
    const listed =
      right.type === 'ArrayExpression' ||
      (sources.length > 0 &&
        sources.every(({ from, at }) => at.length === 0 && (from.type === 'ArrayExpression' || isMap(from))))
    if (!listed) return
    node.awaitsEach = true
    this.want(right, ['*'])
  }

  returns(func: Node): void {
    if (!func.async && !this.flows.isAwaitedCall(func)) return
    if (func.body.type !== 'BlockStatement') return this.given(func.body)
    walkOwn(func.body, (node) => {
      if (node.type === 'ReturnStatement' && node.argument) this.given(node.argument)
    })
  }

  private given(node: Node): void {
    if (node.type === 'ConditionalExpression') {
      this.given(node.consequent)
      this.given(node.alternate)
    } else if (node.type === 'LogicalExpression') {
      this.given(node.left)
      this.given(node.right)
    } else if (node.type === 'Identifier' || node.type === 'AssignmentExpression' || taken(node))
      this.returned.add(node)
  }

  finish(): void {
    for (const node of this.returned) {
      if (node.type === 'Identifier' && !(node.variable && this.isOnlyPromise(node.variable, node))) continue
      node.givesPromise = true
      this.want(node, [])
    }
    for (const variable of this.wanted.keys())
      if (this.wanted.get(variable)?.has('')) variable.onlyAwaited = this.isOnlyPromise(variable)
    for (const [call, holders] of this.heldIn)
      if ([...holders].some((each) => !this.holdsOnlyPromises(each))) call.floats = false
  }

  /** What a local holds: of `const r = Promise.resolve(x)` it is `x`, where `r` is only awaited or `x` is a handle. */
  kept({ id, init }: Node): Node {
    const value = resolvedValue(init)
    if (!value?.variable) return init
    return id.variable?.onlyAwaited || this.isHandle(value.variable) ? value : init
  }

  private isHandle(variable: Variable, around: ReadonlySet<Variable> = new Set()): boolean {
    const sources = around.has(variable) ? [] : this.flows.sources(variable)
    const within = new Set(around).add(variable)
    return (
      sources.length > 0 &&
      sources.every(({ from, at }) => {
        const other = (resolvedValue(from) ?? from).variable
        return at.length === 0 && (other ? this.isHandle(other, within) : from.floats && isCertainPromise(from))
      })
    )
  }

  /** Whether nothing else is done with what a local holds than to take promises out of it: handles are of no other use. */
  private holdsOnlyPromises(variable: Variable): boolean {
    const firsts = [...(this.wanted.get(variable) ?? [])].map((path) => path.split('.')[0] as string)
    return variable.references.every((each) => {
      if (each === variable.node || this.followed.has(each) || this.flows.isTarget(each)) return true
      const member = this.flows.memberOf(each)
      if (!member || member.computed) return false
      const key = String(member.property.name)
      return PLAIN_MEMBERS.has(key) || !firsts.some((first) => first !== '' && (first === key || first === '*'))
    })
  }

  private isOnlyPromise(variable: Variable, besides?: Node): boolean {
    const { node, references, awaitedAt } = variable
    return references.every(
      (each) =>
        each === node ||
        awaitedAt?.has(each) ||
        each === besides ||
        this.returned.has(each) ||
        this.flows.isTarget(each),
    )
  }

  private want(node: Node | null, path: Path): void {
    if (!node || path.length > DEPTH) return
    switch (node.type) {
      case 'Identifier':
        return this.variable(node, path)
      case 'SpreadElement':
        return this.want(node.argument, path)
      case 'ConditionalExpression':
        this.want(node.consequent, path)
        return this.want(node.alternate, path)
      case 'LogicalExpression':
        this.want(node.left, path)
        return this.want(node.right, path)
      case 'SequenceExpression':
        return this.want(node.expressions.at(-1), path)
      case 'AssignmentExpression':
        return this.want(node.right, path)
      case 'MemberExpression':
        return this.want(node.object, [keyOf(node), ...path])
      case 'ArrayExpression':
        return this.elements(node, path)
      case 'ObjectExpression':
        return this.properties(node, path)
      case 'NewExpression':
        return this.made(node, path)
      case 'CallExpression':
        return this.called(node, path)
    }
  }

  private variable(node: Node, path: Path): void {
    const { variable } = node
    if (!variable) return
    if (path.length === 0) {
      variable.awaitedAt ??= new Set()
      variable.awaitedAt.add(node)
    }
    this.followed.add(node)
    const known = this.wanted.get(variable) ?? new Set()
    const key = path.join('.')
    if (known.has(key)) return
    this.wanted.set(variable, known.add(key))
    if (path.length > 0) this.holders.push(variable)
    this.follow(variable, path)
    if (path.length > 0) this.holders.pop()
  }

  private follow(variable: Variable, path: Path): void {
    for (const { from, at } of this.flows.sources(variable)) {
      if (at.length + path.length === 0) (from.keptIn ??= new Set<Variable>()).add(variable)
      this.want(from, [...at, ...path])
    }
    for (const { into, value } of this.flows.writes(variable)) {
      if (into.every((each, index) => matches(each, path[index]))) this.want(value, path.slice(into.length))
      // The value of an entry: `map.set(key, value)`, seen in a loop as `[key, value]`.
      if (path[into.length] === '1' && into.at(-1) === '*') this.want(value, path.slice(into.length + 1))
    }
  }

  private float(node: Node): void {
    node.floats = true
    if (this.holders.length > 0)
      this.heldIn.set(node, (this.heldIn.get(node) ?? new Set()).union(new Set(this.holders)))
  }

  private elements(node: Node, [first, ...rest]: Path): void {
    ;(node.elements as (Node | null)[]).forEach((each, index) => {
      if (each?.type === 'SpreadElement') this.want(each.argument, ['*', ...rest])
      else if (first !== undefined && matches(String(index), first)) this.want(each, rest)
    })
  }

  private properties(node: Node, [first, ...rest]: Path): void {
    if (first === undefined) return
    for (const each of node.properties as Node[]) {
      if (each.type === 'SpreadElement') this.want(each.argument, [first, ...rest])
      else if (each.computed || matches(String(each.key.name ?? each.key.value), first)) this.want(each.value, rest)
    }
  }

  private made(node: Node, path: Path): void {
    const [given] = node.arguments as Node[]
    if (path.length === 0) this.float(node)
    else if (node.callee.name === 'Set') this.want(given ?? null, path)
    else if (node.callee.name === 'Map') {
      const [first = '*', ...rest] = path
      this.want(given ?? null, rest[0] === '1' ? [first, ...rest] : ['*', '1', ...rest])
    }
  }

  private called(node: Node, path: Path): void {
    const callee = node.callee as Node
    const [given] = node.arguments as Node[]
    const method = callee.type === 'MemberExpression' && !callee.computed ? (callee.property.name as string) : ''
    const holder = callee.object?.name as string | undefined
    if (path.length === 0) {
      if (taken(node)) {
        node.takesPromise = true
        this.want(callee.object, ['*'])
      } else {
        const resolved = resolvedValue(node)
        if (resolved?.variable) this.want(resolved, path)
        this.float(node)
      }
    } else if (holder === 'Object' && method === 'values') this.want(given ?? null, path)
    else if (holder === 'Object' && method === 'entries' && path[1] === '1')
      this.want(given ?? null, [path[0] as string, ...path.slice(2)])
    else if (holder === 'Array' && method === 'from' && node.arguments.length === 1) this.want(given ?? null, path)
    else if (isMap(node)) {
      if (path.length === 1) node.fansOut = true
    } else if (LISTS.has(method)) this.want(callee.object, path)
    else if (method === 'entries' && path[1] === '1') this.want(callee.object, path)
  }
}

function matches(a: string, b: string | undefined): boolean {
  return a === b || (b !== undefined && (a === '*' || b === '*'))
}

function keyOf({ computed, property }: Node): string {
  if (!computed) return String(property.name)
  return property.type === 'Literal' ? String(property.value) : '*'
}

/** `calls.get(k)`: takes one out of a local list or map. */
function taken(node: Node): boolean {
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression' || node.callee.computed) return false
  if (!TAKES.has(node.callee.property.name as string)) return false
  let root = node.callee.object as Node
  while (root.type === 'MemberExpression') root = root.object
  return root.variable !== undefined && root.variable.dependency === undefined && root.variable.special === undefined
}

/** `xs.map(callback)`, `Array.from(xs, callback)`. */
export function isMap(node: Node): boolean {
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return false
  const { object, property } = node.callee
  if (property.name === 'map') return true
  return property.name === 'from' && object.name === 'Array' && !object.variable && node.arguments.length === 2
}
