/**
 * `p.then(f)`, `.catch(f)` and `.finally(f)` as what they mean, where an await may stand: `await (async () => f(await p))()`.
 * So the call is a step of its own, and `f` is the handler's code, which may await.
 */
import { block, call, copy, isFunction, make, name, walk, type Node } from './ast.ts'
import { patternNames } from './scope.ts'
import { awaits } from './thunk.ts'

/** A copy of a function, its names not yet resolved, without such calls. */
export function withoutChains(func: Node): Node {
  let chained = false
  let declared = false
  walk(func, (node) => {
    if (isChain(node) || isTry(node)) chained = true
    const names = isFunction(node)
      ? (node.params as Node[])
      : node.type === 'VariableDeclarator'
        ? [node.id as Node]
        : []
    // A local of that name means something else.
    if (names.some((each) => patternNames(each).some((one) => one.name === 'Promise'))) declared = true
  })
  return chained && !declared ? rewritten(func) : func
}

function rewritten(func: Node): Node {
  return { ...func, body: inAsync(func.body) }
}

function inAsync(node: Node): Node {
  return copy(node, (each) => {
    // A function that is not async is host code, or becomes a routine of its own: there a chain is one call.
    if (isFunction(each)) return each.async === true ? rewritten(each) : each
    if (each.type === 'AwaitExpression' && isChain(each.argument))
      return make(each, each.type, { ...each, argument: unchained(each.argument) })
    if (isTry(each)) return tried(each)
    return isChain(each) ? unchained(each, awaits(each)) : undefined
  })
}

const METHODS = new Set(['then', 'catch', 'finally'])

function isChain(node: Node): boolean {
  if (node.type !== 'CallExpression' || node.optional || node.callee.type !== 'MemberExpression') return false
  const { computed, optional, property, object } = node.callee
  if (computed || optional || !METHODS.has(property.name as string)) return false
  const args = node.arguments as Node[]
  if (args.length === 0 || !args.every(isCallback)) return false
  // Builders have a `catch` too, for a value.
  return (
    property.name !== 'catch' ||
    (isFunction(args[0]) && (object.type === 'Identifier' || object.type === 'CallExpression'))
  )
}

/** `Promise.try(f)`. */
function isTry(node: Node): boolean {
  if (node.type !== 'CallExpression' || node.arguments.length !== 1 || node.callee.type !== 'MemberExpression')
    return false
  const { object, property } = node.callee
  return object.name === 'Promise' && property.name === 'try' && node.arguments[0].type !== 'SpreadElement'
}

function tried(node: Node): Node {
  const [body] = (node.arguments as Node[]).map((each) => inAsync(each)) as [Node]
  return asyncCall(node, [returns(wait(call(node, body, [])))])
}

function asyncCall(node: Node, body: readonly Node[], params: readonly Node[] = [], args: readonly Node[] = []): Node {
  const func = { params, async: true, expression: false, body: block(node, body) }
  return call(node, make(node, 'ArrowFunctionExpression', func), args)
}

function isCallback(node: Node): boolean {
  return isFunction(node) || (node.type === 'MemberExpression' && !node.computed) || node.type === 'Identifier'
}

/** `given`: what is chained awaits something itself, before anything runs beside. */
function unchained(node: Node, given = false): Node {
  const method = node.callee.property.name as string
  const [first, second] = (node.arguments as Node[]).map((each) => inAsync(each))
  const chained = inAsync(node.callee.object)
  const param = name(node, `chained_${node.start}`)
  const awaited = wait(given ? param : chained)
  const body =
    method === 'finally'
      ? [attempt(node, returns(awaited), undefined, first)]
      : method === 'catch'
        ? [attempt(node, returns(awaited), first)]
        : settledBy(node, awaited, first, second)
  return given ? asyncCall(node, body, [{ ...param }], [chained]) : asyncCall(node, body)
}

/** Errors of `first` are not for `second`. */
function settledBy(node: Node, awaited: Node, first: Node | undefined, second: Node | undefined): Node[] {
  const value = name(node, `settled_${node.start}`)
  const given = first && !isNothing(first) ? wait(call(first, first, [value])) : value
  if (!second || isNothing(second)) return [declare(node, value, awaited), returns(given)]
  const assigned = make(node, 'AssignmentExpression', { operator: '=', left: { ...value }, right: awaited })
  return [
    declare(node, value, null),
    attempt(node, make(node, 'ExpressionStatement', { expression: assigned }), second),
    returns(given),
  ]
}

function isNothing(node: Node): boolean {
  return node.type === 'Identifier' && node.name === 'undefined'
}

function declare(node: Node, id: Node, init: Node | null): Node {
  const kind = init ? 'const' : 'let'
  return make(node, 'VariableDeclaration', {
    kind,
    declarations: [make(node, 'VariableDeclarator', { id: { ...id }, init })],
  })
}

function wait(argument: Node): Node {
  return make(argument, 'AwaitExpression', { argument })
}

function returns(argument: Node): Node {
  return make(argument, 'ReturnStatement', { argument })
}

function attempt(node: Node, body: Node, failed?: Node, ended?: Node): Node {
  const error = name(node, `failed_${node.start}`)
  const handler = failed
    ? make(node, 'CatchClause', {
        param: error,
        body: block(node, [returns(wait(call(failed, failed, [{ ...error }])))]),
      })
    : null
  const after = ended && make(ended, 'ExpressionStatement', { expression: wait(call(ended, ended, [])) })
  return make(node, 'TryStatement', {
    block: block(node, [body]),
    handler,
    finalizer: after ? block(node, [after]) : null,
  })
}
