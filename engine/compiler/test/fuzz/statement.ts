/** Random statements that are not blocks: declarations, writes, jumps, waits, closures, calls that run beside. */
import { FUNCTIONS, fresh, type Block, type Context, type Exit } from './context.ts'
import { condition, expression } from './expression.ts'
import { leaf, type Piece } from './piece.ts'

function declaration(context: Context): Piece {
  const name = fresh(context, 'v')
  const value = expression(context, 2)
  const constant = context.random.chance(0.5)
  context.names.push(name)
  if (!constant) context.writable.push(name)
  return leaf(`${constant ? 'const' : 'let'} ${name} = ${value};`)
}

function pattern(context: Context): Piece {
  const [a, b] = [fresh(context, 'v'), fresh(context, 'v')]
  const text = context.random.chance(0.5)
    ? `const { a: ${a}, b: { c: [, ${b} = ${expression(context, 1)}] } } = await svc.object(${expression(context, 1)});`
    : `let [${a} = ${expression(context, 1)}, ${b} = ${expression(context, 1)}] = (${expression(context, 1)} > 2 ? await svc.list(2) : []) as number[];`
  context.names.push(a, b)
  return leaf(text)
}

function assignment(context: Context): Piece {
  if (context.writable.length === 0) return declaration(context)
  const target = context.random.pick(context.writable)
  const operator = context.random.pick(['=', '+=', '-=', '??=', '||=', '&&=', '^='])
  return leaf(`${target} ${operator} ${expression(context, 2)};`)
}

function swap(context: Context): Piece {
  const [a, b] = [context.random.pick(context.writable), context.random.pick(context.writable)]
  if (a === undefined || b === undefined) return declaration(context)
  return leaf(`;[${a}, ${b} = ${expression(context, 1)}] = [bound(${b}), bound(${a})];`)
}

function logging(context: Context): Piece {
  return context.concurrent ? declaration(context) : leaf(`log.push(${expression(context, 2)});`)
}

/** Blocks that a way out crosses, innermost first: in this function, up to the block at `depth`. */
function crossed(context: Context, depth: number): readonly Block[] {
  return context.inside.slice(depth).toReversed()
}

function leaving(context: Context, exit: Exit, depth: number, text: string, always = false): Piece {
  const enters = crossed(context, depth).map((each) => `${exit}@${each}`)
  return { before: always ? '{' : `if (${condition(context)}) {`, body: [], enters, after: `${text} }`, more: [] }
}

/** Seldom out of the handler: what comes after would not run. */
function mayReturn(context: Context): boolean {
  const first = context.inside[0]
  return first !== undefined && (FUNCTIONS.has(first) || context.random.chance(0.15))
}

export function jump(context: Context, wanted?: Exit): Piece {
  const { random, labels } = context
  const choices: [Exit, number, string][] = []
  if (context.loop !== undefined) choices.push(['continue', context.loop, 'continue;'])
  if (context.breakable !== undefined) choices.push(['break', context.breakable, 'break;'])
  for (const { name, depth, loop } of labels) {
    choices.push(['break label', depth, `break ${name};`])
    if (loop) choices.push(['continue label', depth, `continue ${name};`])
  }
  if (wanted || mayReturn(context)) choices.push(['return', 0, `return ${expression(context, 1)};`])
  choices.push([
    'throw',
    Math.max(0, context.inside.lastIndexOf('try')),
    `throw new Error('t' + ${expression(context, 1)});`,
  ])
  const fitting = wanted ? choices.filter(([exit]) => exit === wanted) : choices.filter(([exit]) => exit !== 'throw')
  if (fitting.length === 0) return logging(context)
  return leaving(context, ...random.pick(fitting), wanted !== undefined)
}

/** Jumps in code without awaits: the ways out of one native region. */
function nativeJumps(context: Context): Piece {
  const { random } = context
  const texts = [
    ...(context.loop === undefined ? [] : ['continue']),
    ...(context.breakable === undefined ? [] : ['break']),
    ...context.labels.flatMap(({ name, loop }) => (loop ? [`break ${name}`, `continue ${name}`] : [`break ${name}`])),
    ...(mayReturn(context) ? [`return bound(${random.pick(context.names)})`] : []),
  ]
  if (texts.length === 0) return assignment(context)
  const one = (value: number): string =>
    `if (bound(${random.pick(context.names)}) % 4 === ${value}) ${random.pick(texts)};`
  return leaf(`${one(0)} ${one(1)} ${one(2)} ${one(3)}`)
}

/** Throws where a `try` around catches it, as a rule: most programs are to end normally. */
function throwing(context: Context): Piece {
  const caught = context.inside.lastIndexOf('try')
  if (caught < 0 && !context.random.chance(0.2)) return logging(context)
  const text = context.random.chance(0.5)
    ? `throw new KnownError('t' + (await svc.id(${expression(context, 1)})));`
    : `await svc.fail('f${context.random.below(9)}');`
  return leaving(context, 'throw', Math.max(0, caught), text)
}

function closure(context: Context): Piece {
  if (context.concurrent || context.writable.length === 0) return declaration(context)
  const name = fresh(context, 'f')
  const target = context.random.pick(context.writable)
  return leaf(
    `const ${name} = (n: number) => { ${target} = ${target} + n; return ${context.random.pick(context.names)} }; log.push(${name}(1)); await svc.id(0); log.push(${name}(${expression(context, 1)}));`,
  )
}

function localClass(context: Context): Piece {
  const name = fresh(context, 'C')
  const value = fresh(context, 'v')
  const text = `class ${name} { #x: number; constructor(x: number) { this.#x = x } get x() { return this.#x + ${context.random.below(3)} } }; await svc.id(0); const ${value} = new ${name}(${expression(context, 1)}).x;`
  context.names.push(value)
  return leaf(text)
}

function recursion(context: Context): Piece {
  const name = fresh(context, 'h')
  const parameter = fresh(context, 'p')
  const inner = { ...context, names: [...context.names, parameter], helpers: [] }
  const value = fresh(context, 'v')
  const text = `const ${name} = async (${parameter}: number): Promise<number> => ${parameter} <= 0 ? ${expression(inner, 1)} : bound(await ${name}(${parameter} - 1)) + ${expression(inner, 1)}; const ${value} = await ${name}(${context.random.below(3)});`
  context.names.push(value)
  return leaf(text)
}

function waiting(context: Context): Piece {
  if (context.concurrent) return declaration(context)
  const name = fresh(context, 'w')
  if (context.random.chance(0.3))
    return leaf(`await delay.days(Math.abs(bound(${context.random.pick(context.names)})));`)
  context.names.push(`${name}.amount`)
  return leaf(`const ${name} = await signal(sig.${context.random.pick(['paid', 'failed'])});`)
}

/** A call that runs beside the statements between it and its await. */
function floating(context: Context): Piece {
  if (context.locked || context.concurrent) return declaration(context)
  const name = fresh(context, 'beside')
  const value = fresh(context, 'v')
  const text = `const ${name} = svc.id(${expression(context, 1)}); log.push(${expression(context, 1)}); const ${value} = await ${name};`
  context.names.push(value)
  return leaf(text)
}

/** Whether a way out exists there: `continue` needs a loop, and so on. */
export function canLeave(blocks: readonly Block[], exit: Exit): boolean {
  const inner = blocks.slice(blocks.findLastIndex((each) => FUNCTIONS.has(each)) + 1)
  const loops = ['for', 'forOf', 'forIn', 'forAwait', 'while', 'doWhile']
  if (exit === 'continue' || exit === 'continue label') return inner.some((each) => loops.includes(each))
  if (exit === 'break') return inner.some((each) => [...loops, 'case', 'race'].includes(each))
  if (exit === 'break label') return inner.some((each) => [...loops, 'block'].includes(each))
  return true
}

export const SIMPLE = [
  declaration,
  assignment,
  assignment,
  logging,
  logging,
  nativeJumps,
  (context: Context) => jump(context),
]
export const MORE = [
  pattern,
  swap,
  nativeJumps,
  nativeJumps,
  throwing,
  throwing,
  closure,
  localClass,
  recursion,
  waiting,
  floating,
]
