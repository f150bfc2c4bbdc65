/**
 * Random handler bodies for the differential fuzzer. Statements are a tree, so that the reducer can take parts away and
 * print what is left. Programs end: loops are bounded, numbers stay small.
 */
import { Random } from './random.ts'

/** Text with the parts that can be removed: a block prints its children in between. */
export interface Piece {
  readonly before: string
  readonly body: Piece[]
  readonly after: string
  /** Pieces that end a body and belong to this one: `catch`, `else`, `case`. */
  readonly more: readonly Piece[]
}

export function printPieces(pieces: readonly Piece[]): string {
  return pieces
    .map((each) => `${each.before}${printPieces(each.body)}${printPieces(each.more)}${each.after}`)
    .join('\n')
}

interface Context {
  readonly random: Random
  readonly names: string[]
  readonly writable: string[]
  readonly helpers: string[]
  /** Labels of loops around, in this function. */
  readonly labels: readonly string[]
  readonly inLoop: boolean
  readonly inSwitch: boolean
  readonly depth: number
  readonly counter: { value: number }
}

export function randomProgram(seed: number): Piece[] {
  const random = new Random(seed)
  const counter = { value: 0 }
  const context: Context = {
    random,
    names: ['v0'],
    writable: ['v0'],
    helpers: [],
    labels: [],
    inLoop: false,
    inSwitch: false,
    depth: 0,
    counter,
  }
  const start: Piece = { before: 'const log: any[] = []; let v0 = 1;', body: [], after: '', more: [] }
  const body = statements(context, 4 + random.below(5))
  const end: Piece = { before: 'return [log.slice(-20), v0]', body: [], after: '', more: [] }
  return [start, ...body, end]
}

const leaf = (before: string): Piece => ({ before, body: [], after: '', more: [] })

function statements(context: Context, count: number): Piece[] {
  const inner: Context = {
    ...context,
    names: [...context.names],
    writable: [...context.writable],
    helpers: [...context.helpers],
  }
  return Array.from({ length: count }, () => statement(inner))
}

function fresh(context: Context, prefix: string): string {
  context.counter.value++
  return `${prefix}${context.counter.value}`
}

function deeper(context: Context, changes: Partial<Context> = {}): Context {
  return { ...context, depth: context.depth + 1, ...changes }
}

function few(context: Context): number {
  return 1 + context.random.below(context.depth > 2 ? 2 : 3)
}

function statement(context: Context): Piece {
  const { random } = context
  const kinds = context.depth > 3 ? SIMPLE : ALL
  return random.pick(kinds)(context)
}

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
  const target = context.random.pick(context.writable)
  const operator = context.random.pick(['=', '+=', '-=', '??=', '||=', '&&=', '^='])
  return leaf(`${target} ${operator} ${expression(context, 2)};`)
}

function logging(context: Context): Piece {
  return leaf(`log.push(${expression(context, 2)});`)
}

function ifs(context: Context): Piece {
  const other: Piece[] = context.random.chance(0.5)
    ? [{ before: '} else {', body: statements(deeper(context), few(context)), after: '', more: [] }]
    : []
  return {
    before: `if (${condition(context)}) {`,
    body: statements(deeper(context), few(context)),
    after: '}',
    more: other,
  }
}

function loop(context: Context): Piece {
  const { random } = context
  const label = random.chance(0.4) ? fresh(context, 'l') : undefined
  const name = fresh(context, 'i')
  const inside = (names: readonly string[]): Piece[] =>
    statements(
      deeper(context, {
        inLoop: true,
        inSwitch: false,
        labels: label ? [...context.labels, label] : context.labels,
        names: [...context.names, ...names],
      }),
      few(context),
    )
  const prefix = label ? `${label}: ` : ''
  const heads: (() => Piece)[] = [
    () => ({
      before: `${prefix}for (let ${name} = 0; ${name} < 3; ${name}++) {`,
      body: inside([name]),
      after: '}',
      more: [],
    }),
    () => ({
      before: `${prefix}for (const ${name} of await svc.list(${1 + random.below(3)})) {`,
      body: inside([name]),
      after: '}',
      more: [],
    }),
    () => ({
      before: `${prefix}for (const ${name} of [${expression(context, 1)}, ${expression(context, 1)}]) {`,
      body: inside([name]),
      after: '}',
      more: [],
    }),
    () => ({
      before: `let ${name} = 0; ${prefix}while (${name}++ < 3 && ${condition(context)}) {`,
      body: inside([name]),
      after: '}',
      more: [],
    }),
    () => ({
      before: `let ${name} = 0; ${prefix}do {`,
      body: inside([name]),
      after: `} while (++${name} < 3 && ${condition(context)})`,
      more: [],
    }),
  ]
  return random.pick(heads)()
}

function jump(context: Context): Piece {
  const { random, labels } = context
  const choices: string[] = []
  if (context.inLoop) choices.push('break;', 'continue;')
  if (context.inSwitch) choices.push('break;')
  for (const label of labels) choices.push(`break ${label};`, `continue ${label};`)
  if (context.depth > 0) choices.push(`return ${expression(context, 1)};`)
  if (choices.length === 0) return logging(context)
  return leaf(`if (${condition(context)}) ${random.pick(choices)}`)
}

function trying(context: Context): Piece {
  const name = fresh(context, 'e')
  const caught: Piece = {
    before: `} catch (${name}: any) { log.push(String(${name}.message));`,
    body: statements(deeper(context), few(context)),
    after: '',
    more: [],
  }
  const last: Piece = { before: '} finally {', body: statements(deeper(context), few(context)), after: '', more: [] }
  const { random } = context
  const more = random.chance(0.3) ? [caught] : random.chance(0.3) ? [last] : [caught, last]
  const danger = random.chance(0.4) ? [leaf(`if (${condition(context)}) await svc.fail('f${random.below(9)}');`)] : []
  return { before: 'try {', body: [...statements(deeper(context), few(context)), ...danger], after: '}', more }
}

function switching(context: Context): Piece {
  const { random } = context
  const arms = Array.from({ length: 1 + random.below(3) }, (_each, index): Piece => {
    const test = random.chance(0.3) ? `await svc.id(${index})` : String(index)
    const end = random.chance(0.6) ? '} break;' : '}'
    return {
      before: `case ${test}: {`,
      body: statements(deeper(context, { inSwitch: true }), few(context)),
      after: end,
      more: [],
    }
  })
  const other: Piece = {
    before: 'default: {',
    body: statements(deeper(context, { inSwitch: true }), few(context)),
    after: '}',
    more: [],
  }
  const cases = random.chance(0.5) ? [...arms, other] : arms
  return { before: `switch (Math.abs(${expression(context, 1)}) % 4) {`, body: [], after: '}', more: cases }
}

function helper(context: Context): Piece {
  const name = fresh(context, 'h')
  const [a, b] = [fresh(context, 'p'), fresh(context, 'p')]
  const inner = deeper(context, { inLoop: false, inSwitch: false, labels: [], names: [...context.names, a, b] })
  const body = statements({ ...inner, depth: inner.depth + 1 }, few(context))
  const result = expression(inner, 1)
  context.helpers.push(name)
  const declared = context.random.chance(0.5)
  return {
    before: declared
      ? `async function ${name}(${a}: any, ${b} = 2): Promise<any> {`
      : `const ${name} = async (${a}: any, ${b} = 2): Promise<any> => {`,
    body,
    after: `return ${result} }${declared ? '' : ';'}`,
    more: [],
  }
}

function closure(context: Context): Piece {
  const name = fresh(context, 'f')
  const target = context.random.pick(context.writable)
  return leaf(
    `const ${name} = (n: number) => { ${target} = ${target} + n; return ${context.random.pick(context.names)} }; log.push(${name}(1)); await svc.id(0); log.push(${name}(${expression(context, 1)}));`,
  )
}

function fanOut(context: Context): Piece {
  const name = fresh(context, 'q')
  const inner = deeper(context, {
    names: [...context.names, name],
    inLoop: false,
    inSwitch: false,
    labels: [],
    writable: [],
    helpers: [],
  })
  return leaf(
    `log.push(await Promise.all([1, 2].map(async (${name}) => { const a = await svc.id(${expression(inner, 1)}); return a + ${name} })));`,
  )
}

function using(context: Context): Piece {
  const name = fresh(context, 'u')
  return {
    before: `{ using ${name} = { [Symbol.dispose]() {} };`,
    body: statements(deeper(context), few(context)),
    after: '}',
    more: [],
  }
}

function waiting(context: Context): Piece {
  const name = fresh(context, 'w')
  const choice = context.random.below(3)
  if (choice === 0) return leaf(`await delay.days(Math.abs(${expression(context, 1)}));`)
  context.names.push(`${name}.amount`)
  return leaf(`const ${name} = await signal(sig.${context.random.pick(['paid', 'failed'])});`)
}

function racing(context: Context): Piece {
  const { random } = context
  const name = fresh(context, 'r')
  const arm = (test: string): Piece => ({
    before: `case ${test}: { log.push(${name}.amount);`,
    body: statements(deeper(context, { inSwitch: true }), few(context)),
    after: random.chance(0.7) ? '} break;' : '}',
    more: [],
  })
  const signalled = arm(`signal(${name}, sig.${random.pick(['paid', 'failed'])})`)
  const timed = arm(`delay.hours(${name}, ${random.below(9)})`)
  const arms = random.chance(0.5) ? [signalled, timed] : [timed, signalled]
  return { before: `const ${name}: any = race(); switch (true) {`, body: [], after: '}', more: arms }
}

function listening(context: Context): Piece {
  const name = fresh(context, 's')
  return {
    before: `{ using ${name} = listen(sig.paid); log.push((await signal(${name})).amount);`,
    body: statements(deeper(context), few(context)),
    after: `log.push((await signal(${name})).amount); }`,
    more: [],
  }
}

function throwing(context: Context): Piece {
  return leaf(
    `if (${condition(context)} && ${context.random.chance(0.25)}) throw new Error('t' + ${expression(context, 1)});`,
  )
}

const SIMPLE = [declaration, assignment, assignment, logging, logging, jump, pattern, throwing]
const ALL = [
  ...SIMPLE,
  ifs,
  ifs,
  loop,
  loop,
  trying,
  trying,
  switching,
  helper,
  closure,
  fanOut,
  using,
  waiting,
  racing,
  listening,
]

function condition(context: Context): string {
  return `(${expression(context, 1)}) % ${2 + context.random.below(2)} === ${context.random.below(2)}`
}

function expression(context: Context, depth: number): string {
  const { random } = context
  const name = (): string => random.pick(context.names)
  if (depth === 0 || random.chance(0.2)) return random.chance(0.6) ? `bound(${name()})` : String(random.below(5))
  const inner = (): string => expression(context, depth - 1)
  const kinds: (() => string)[] = [
    () => `bound(${name()})`,
    () => `(await svc.id(${inner()}))`,
    () => `(await svc.add(${inner()}, ${inner()}))`,
    () => `(${inner()} + ${inner()})`,
    () => `(${inner()} * 2 - ${inner()})`,
    () => `(${inner()} > 1 ? ${inner()} : ${inner()})`,
    () => `(${inner()} ${random.pick(['&&', '||', '??'])} ${inner()})`,
    () => `[${inner()}, ${inner()}].length`,
    () => `({ a: ${inner()}, b: ${inner()} }).b`,
    () => `Number(\`\${${inner()}}\`.length)`,
    () => `Math.max(${inner()}, ${inner()})`,
    () => `((await svc.object(${inner()}))?.b.c[${random.below(2)}] as number)`,
  ]
  if (context.writable.length > 0) {
    const target = random.pick(context.writable)
    kinds.push(
      () => `(${target} = bound(${inner()}))`,
      () => `${target}++`,
      () => `(${target} += ${inner()})`,
    )
  }
  if (context.helpers.length > 0) kinds.push(() => `(await ${random.pick(context.helpers)}(${inner()}))`)
  return random.pick(kinds)()
}
