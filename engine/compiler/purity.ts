/**
 * Which expressions give the same when they are evaluated again from the same slots. What may not (clock, randomness,
 * unknown functions, writes) is computed once, into a slot, before the step that it feeds starts.
 */
import { isFunction, walk, type Node } from './ast.ts'
import { calledDependency } from './called.ts'
import { engineName } from './module.ts'
import type { Unit } from './unit.ts'

/** Functions of the language that give the same for the same. */
export const PURE_GLOBALS = new Set([
  'String',
  'Number',
  'Boolean',
  'BigInt',
  'Symbol',
  'Array',
  'Object',
  'parseInt',
  'parseFloat',
  'isNaN',
  'isFinite',
  'structuredClone',
  'encodeURIComponent',
  'decodeURIComponent',
  'encodeURI',
  'decodeURI',
  'RegExp',
  'Error',
])

const CLOCKS =
  /^(Date\.now|Math\.random|performance\.now|crypto\.\w+|Temporal\.Now\.\w+|Bun\.(randomUUIDv[57]|nanoseconds)|process\.(hrtime|uptime)|globalThis\..*)$/

const MUTATORS = new Set([
  'push',
  'pop',
  'shift',
  'unshift',
  'splice',
  'sort',
  'reverse',
  'set',
  'add',
  'delete',
  'clear',
  'next',
  'fill',
  'copyWithin',
  'exec',
  'test',
])

/** Whether evaluating `node` twice may give different values or do something twice. */
export function isImpure(unit: Unit, node: Node): boolean {
  let impure = false
  walk(node, (each) => {
    if (each !== node && isFunction(each)) return false
    if (isImpureHere(unit, each)) impure = true
    return !impure
  })
  return impure
}

/**
 * Whether running `node` again from the slots it began with may lead elsewhere. Other than an impure expression, one that
 * only writes locals leads to the same: what follows from it needs not be stored first.
 */
export function isUnstable(unit: Unit, node: Node): boolean {
  let unstable = false
  walk(node, (each) => {
    if (each !== node && isFunction(each)) return false
    if (isImpureHere(unit, each) && !writesLocals(each)) unstable = true
    return !unstable
  })
  return unstable
}

function writesLocals(node: Node): boolean {
  if (node.type === 'AssignmentExpression') return isLocalTarget(node.left)
  return node.type === 'UpdateExpression' && isLocalTarget(node.argument)
}

/** A local itself, or a pattern of them; not what a local refers to, which may be shared. */
function isLocalTarget(node: Node | null): boolean {
  switch (node?.type) {
    case 'Slot':
      return true
    case 'Identifier':
      return node.variable !== undefined
    case 'ObjectPattern':
      return (node.properties as Node[]).every((each) => isLocalTarget(each))
    case 'Property':
      return isLocalTarget(node.value)
    case 'ArrayPattern':
      return (node.elements as (Node | null)[]).every((each) => each === null || isLocalTarget(each))
    case 'AssignmentPattern':
      return isLocalTarget(node.left)
    case 'RestElement':
      return isLocalTarget(node.argument)
    default:
      return false
  }
}

function isImpureHere(unit: Unit, node: Node): boolean {
  switch (node.type) {
    case 'AssignmentExpression':
    case 'UpdateExpression':
    case 'AwaitExpression':
    case 'Spawn':
    case 'SpawnEach':
      return true
    case 'UnaryExpression':
      return node.operator === 'delete'
    case 'NewExpression':
      return node.callee.name === 'Date' && node.arguments.length === 0
    case 'CallExpression':
      return isImpureCall(unit, node)
    default:
      return false
  }
}

function isImpureCall(unit: Unit, node: Node): boolean {
  if (calledDependency(node)) return true
  const callee = node.callee as Node
  if (callee.type === 'Identifier') {
    if (callee.variable) return true
    const imported = unit.names.imports.get(callee.name as string)
    if (imported) return engineName(callee, unit.names) === undefined && !imported.specifier.startsWith('@justscale/')
    return unit.names.declarations.has(callee.name as string) || !PURE_GLOBALS.has(callee.name as string)
  }
  if (callee.type !== 'MemberExpression' || callee.computed) return true
  const path = dotted(callee)
  if (path && CLOCKS.test(path)) return true
  return MUTATORS.has(callee.property.name as string)
}

/** `a.b.c` of a plain member chain on an identifier that is not a local. */
function dotted(node: Node): string | undefined {
  if (node.type === 'Identifier') return node.variable ? undefined : (node.name as string)
  if (node.type !== 'MemberExpression' || node.computed) return undefined
  const object = dotted(node.object)
  return object && `${object}.${String(node.property.name)}`
}
