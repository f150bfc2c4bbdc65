/** Random statements with bodies: branches, loops, functions, exceptions, resources, races. */
import { fresh, within, WAITING, type Block, type Context } from './context.ts'
import { condition, expression } from './expression.ts'
import { leaf, printPieces, type Piece } from './piece.ts'

/** A body with its probes; `outer` is where the block stands. */
function body(outer: Context, block: Block, inner: Context): Pick<Piece, 'body' | 'enters' | 'ends'> {
  const around = outer.inside.at(-1)
  return {
    body: outer.shared.fill(inner, block),
    ends: `normal@${block}`,
    ...(around ? { enters: [`${around}>${block}`] } : {}),
  }
}

function ifs(context: Context, block: Block, forced: boolean): Piece {
  const wants = block === 'else'
  const first = body(context, 'if', within(context, 'if'))
  const other: Piece[] =
    wants || context.random.chance(0.4)
      ? [{ before: '} else {', ...body(context, 'else', within(context, 'else')), after: '', more: [] }]
      : []
  const test = forced ? `(await svc.id(${wants ? 0 : 1}))` : condition(context)
  return { before: `if (${test}) {`, ...first, after: '}', more: other }
}

function loop(context: Context, block: Block, forced: boolean): Piece {
  const { random } = context
  const label = random.chance(0.5) ? fresh(context, 'l') : undefined
  const name = fresh(context, 'i')
  const turns = context.depth > 1 ? 2 : 3
  const inner = (): Pick<Piece, 'body' | 'enters' | 'ends'> => {
    const depth = context.inside.length
    return body(
      context,
      block,
      within(context, block, {
        loop: depth,
        breakable: depth,
        labels: label ? [...context.labels, { name: label, depth, loop: true }] : context.labels,
        names: [...context.names, name],
      }),
    )
  }
  const prefix = label ? `${label}: ` : ''
  const head = (text: string, after = '}', first = ''): Piece => ({
    before: `${first}${prefix}${text}`,
    ...inner(),
    after,
    more: [],
  })
  switch (block) {
    case 'for':
      return head(`for (let ${name} = 0; ${name} < ${turns}; ${name}++) {`)
    case 'forIn':
      return head(`for (const ${name} in { a: ${expression(context, 1)}, b: 1 }) {`)
    case 'forAwait':
      return head(`for await (const ${name} of await svc.list(${1 + random.below(turns)})) {`)
    case 'while':
      return head(
        `while (${name}++ < ${turns} && ${forced || random.chance(0.5) ? 'true' : condition(context)}) {`,
        '}',
        `let ${name} = 0; `,
      )
    case 'doWhile':
      return head('do {', `} while (++${name} < ${turns} && ${condition(context)});`, `let ${name} = 0; `)
    default: {
      const items = [
        `await svc.list(${1 + random.below(turns)})`,
        `[${expression(context, 1)}, ${expression(context, 1)}]`,
        `new Set([${expression(context, 1)}, ${expression(context, 1)}])`,
      ]
      return head(`for (${random.pick(['const', 'let'])} ${name} of ${random.pick(items)}) {`)
    }
  }
}

function block(context: Context): Piece {
  const label = fresh(context, 'l')
  const labels = [...context.labels, { name: label, depth: context.inside.length, loop: false }]
  return {
    before: `${label}: {`,
    ...body(context, 'block', within(context, 'block', { labels })),
    after: '}',
    more: [],
  }
}

function trying(context: Context, wanted: Block): Piece {
  const { random } = context
  const name = fresh(context, 'e')
  const log = context.concurrent ? '' : ` log.push(String(${name}.message));`
  const catches = wanted === 'catch' || random.chance(0.8)
  const ends = wanted === 'finally' || !catches || random.chance(0.4)
  const first = body(context, 'try', within(context, 'try'))
  const danger =
    wanted === 'catch'
      ? [leaf(`await svc.fail('f');`)]
      : random.chance(0.4)
        ? [leaf(`if (${condition(context)}) await svc.fail('f${random.below(9)}');`)]
        : []
  const more: Piece[] = []
  if (catches)
    more.push({
      before: `} catch (${name}: any) {${log}`,
      ...byClass(body(context, 'catch', within(context, 'catch')), context.concurrent ? '' : name),
      after: '',
      more: [],
    })
  if (ends)
    more.push({ before: '} finally {', ...body(context, 'finally', within(context, 'finally')), after: '', more: [] })
  const kept = catches || context.inside.includes('try') ? danger : []
  return { before: 'try {', ...first, body: [...first.body, ...kept], after: '}', more }
}

/** Asks for the error's class behind whatever waits in the body. */
function byClass<Inner extends Pick<Piece, 'body'>>(inner: Inner, name: string): Inner {
  return name === '' ? inner : { ...inner, body: [...inner.body, leaf(`log.push(${name} instanceof KnownError);`)] }
}

function switching(context: Context, _block: Block, forced: boolean): Piece {
  const { random } = context
  const inner = (): Context => within(context, 'case', { breakable: context.inside.length })
  const arms = Array.from({ length: 1 + random.below(3) }, (_each, index): Piece => {
    const test = random.chance(0.3) ? `await svc.id(${index})` : String(index)
    return {
      before: `case ${test}: {`,
      ...body(context, 'case', inner()),
      after: random.chance(0.6) ? '} break;' : '}',
      more: [],
    }
  })
  const other: Piece = { before: 'default: {', ...body(context, 'case', inner()), after: '}', more: [] }
  const cases = random.chance(0.8) ? [...arms, other] : arms
  const value = forced ? '0' : `Math.abs(${expression(context, 1)}) % 3`
  return { before: `switch (${value}) {`, body: [], after: '}', more: cases }
}

function helper(context: Context): Piece {
  const name = fresh(context, 'h')
  const [a, b] = [fresh(context, 'p'), fresh(context, 'p')]
  const inner = within(context, 'helper', { names: [...context.names, a, b], locked: context.locked })
  const made = body(context, 'helper', inner)
  const result = expression(inner, 1)
  const declared = context.random.chance(0.5)
  const piece: Piece = {
    before: declared
      ? `async function ${name}(${a}: any, ${b} = 2): Promise<any> {`
      : `const ${name} = async (${a}: any, ${b} = 2): Promise<any> => {`,
    ...made,
    after: `return ${result} }${declared ? '' : ';'} log.push(await ${name}(${expression(context, 1)}));`,
    more: [],
  }
  context.helpers.push(name)
  const text = printPieces([piece])
  const { fibered } = context.shared
  if (/Promise\.|beside/.test(text) || [...fibered].some((each) => text.includes(`${each}(`))) fibered.add(name)
  return piece
}

const ALL = 'await Promise.all'

/** Fibers beside one another, whose errors are settled each for itself. */
function fanOut(context: Context): Piece {
  const name = fresh(context, 'q')
  const own = fresh(context, 'v')
  const inner = within(context, 'fanOut', {
    names: [...context.names, name, own],
    writable: [own],
    helpers: [],
    concurrent: true,
  })
  const made = body(context, 'fanOut', inner)
  const items = context.random.chance(0.5) ? '[1, 2]' : 'await svc.list(2)'
  // Which of two errors comes first is not the program's to say.
  const join = /throw |svc.fail/.test(printPieces(made.body)) ? 'settled(await Promise.allSettled' : ALL
  return {
    before: `log.push(${join}((${items}).map(async (${name}: number) => { let ${own}: any = ${name};`,
    ...made,
    after: `return ${expression(inner, 1)} })${join === ALL ? '' : ')'}));`,
    more: [],
  }
}

function retrying(context: Context): Piece {
  const attempt = fresh(context, 'n')
  const inner = within(context, 'retry', { names: [...context.names, attempt] })
  return {
    before: `let ${attempt} = 0; log.push(await retry({ attempts: 3 }, async () => { ${attempt}++;`,
    ...body(context, 'retry', inner),
    after: `if (${attempt} < ${1 + context.random.below(3)}) throw new Error('again'); return await svc.id(${attempt}) }));`,
    more: [],
  }
}

/** Sometimes the last thing in a block is an error. */
function failing(context: Context): Piece[] {
  if (!context.inside.includes('try') || !context.random.chance(0.3)) return []
  return [leaf(`if (${condition(context)}) await svc.fail('f${context.random.below(9)}');`)]
}

function using(context: Context): Piece {
  const name = fresh(context, 'u')
  const value = expression(context, 0)
  const inner = within(context, 'using', { names: [...context.names, `${name}.held`] })
  const made = body(context, 'using', inner)
  return {
    before: `{ using ${name} = { held: ${value}, [Symbol.dispose]() {} };`,
    ...made,
    body: [...made.body, ...failing(inner)],
    after: '}',
    more: [],
  }
}

/** A resource of the runtime: given up at every wait in the block, and there again when it is used next. */
function locking(context: Context): Piece {
  const name = fresh(context, 'u')
  const awaits = context.random.chance(0.5) ? 'await using' : 'using'
  const inner = within(context, 'lock', { names: [...context.names, `${name}.held`], locked: true })
  inner.helpers.splice(0, inner.helpers.length, ...inner.helpers.filter((each) => !context.shared.fibered.has(each)))
  return {
    before: `{ ${awaits} ${name} = await svc.lock(${expression(context, 0)});`,
    ...body(context, 'lock', inner),
    after: `log.push(${name}.held); }`,
    more: [],
  }
}

function racing(context: Context): Piece {
  const { random } = context
  const name = fresh(context, 'r')
  const arm = (test: string): Piece => ({
    before: `case ${test}: { log.push(${name}.amount);`,
    ...body(context, 'race', within(context, 'race', { breakable: context.inside.length })),
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
    ...body(context, 'listen', within(context, 'listen')),
    after: `log.push((await signal(${name})).amount); }`,
    more: [],
  }
}

const MAKERS: Readonly<Record<Block, (context: Context, block: Block, forced: boolean) => Piece>> = {
  if: ifs,
  else: ifs,
  for: loop,
  forOf: loop,
  forIn: loop,
  forAwait: loop,
  while: loop,
  doWhile: loop,
  block,
  try: trying,
  catch: trying,
  finally: trying,
  case: switching,
  helper,
  fanOut,
  retry: retrying,
  using,
  lock: locking,
  race: racing,
  listen: listening,
}

const FREQUENT = 'if if try catch for forOf while case helper race lock'.split(' ') as Block[]

/** Whether a block may stand there. */
export function mayStand(context: Context, wanted: Block): boolean {
  if (context.concurrent && WAITING.has(wanted)) return false
  return !(context.locked && wanted === 'fanOut')
}

/** `forced`: its body is entered for sure, where that is up to the program. */
export function makeBlock(context: Context, wanted: Block, forced = false): Piece {
  return MAKERS[wanted](context, wanted, forced)
}

export function randomBlock(context: Context): Piece {
  const { random } = context
  const all = Object.keys(MAKERS) as Block[]
  const wanted = random.chance(0.5) ? random.pick(FREQUENT) : random.pick(all)
  return mayStand(context, wanted) ? makeBlock(context, wanted) : makeBlock(context, 'if')
}
