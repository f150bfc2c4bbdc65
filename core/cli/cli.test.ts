import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { JustScale } from '../app/builder.ts'
import { currentCell } from '../cell/current-cell.ts'
import { createController } from '../controller/create-controller.ts'
import { createGuard, createMiddleware } from '../controller/create-middleware.ts'
import { DefinitionError } from '../errors.ts'
import { createFeatureBuilder } from '../feature/create-feature-builder.ts'
import { defineService } from '../service/define-service.ts'
import { Cli, CommandError, runCommandLine } from './index.ts'

class Orders extends defineService({
  factory: () => ({ pay: (order: string, amount: number) => ({ order, amount, paid: true }) }),
}) {}
const ran: string[] = []
let waiting = Promise.withResolvers<void>()
class Life extends createFeatureBuilder()
  .name('Life')
  .onStart(() => void ran.push('start'))
  .onServe(() => void ran.push('serve'))
  .onStop(() => void ran.push('stop'))
  .build() {}

const asAnn = createMiddleware({ inject: { orders: Orders }, handle: () => () => ({ user: 'ann' }) })
const onlyBob = createGuard({
  handle:
    () =>
    ({ user }: { readonly user: string }) =>
      user === 'bob',
})
const PayInput = z.object({
  order: z
    .string()
    .min(2)
    .describe('Which one')
    .meta({ cli: { position: 1 } }),
  amount: z.number().positive().default(1),
  tag: z.array(z.string()).optional(),
  maxAge: z.int().optional(),
  dry: z.boolean().default(false),
  by: z.enum(['card', 'cash']).default('card'),
  data: z.object({ a: z.number() }).optional(),
})

const orders = createController({
  name: 'orders',
  inject: { svc: Orders },
  routes: ({ svc }) => ({
    pay: Cli('order pay')
      .describe('Pays an order')
      .input(PayInput)
      .handle(({ args }) => ({ ...svc.pay(args.order, args.amount), args })),
    list: Cli('order list').handle(() => [
      { order: 'o-1', amount: 10 },
      { order: 'o-200', amount: 5 },
    ]),
    me: Cli('me')
      .use(asAnn)
      .handle(({ user, io }) => {
        io.log('a line')
        return user
      }),
    denied: Cli('denied')
      .use(asAnn)
      .guard(onlyBob)
      .handle(() => void ran.push('denied')),
    view: Cli('view')
      .returns(z.object({ a: z.number() }))
      .handle(() => ({ a: 1, secret: 2 })),
    cell: Cli('cell').handle(() => currentCell()?.name),
    refuses: Cli('refuses').handle(() => {
      throw new CommandError('It is too late', { exitCode: 7, hint: 'Come earlier' })
    }),
    breaks: Cli('breaks').handle(() => {
      throw new TypeError('a bug')
    }),
    offline: Cli('offline')
      .withoutStart()
      .handle(() => 'not started'),
    copy: Cli('copy')
      .input(
        z.object({
          files: z.array(z.string()).meta({ cli: { position: 2 } }),
          to: z.string().meta({ cli: { position: 1 } }),
        }),
      )
      .handle(({ args }) => args),
    long: Cli('long').handle(async ({ signal }) => {
      const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve))
      waiting.resolve()
      await aborted
      ran.push('aborted')
    }),
  }),
})
const admin = createController({ routes: () => ({ users: Cli('user list').handle(() => ['ann']) }) })

async function run(line: string, signal?: AbortSignal) {
  ran.length = 0
  const subApp = JustScale().named('admin').requires(Orders).add(admin).build()
  const app = JustScale().add(Life).add(Orders).add(orders).add(subApp).build()
  const out: string[] = []
  const err: string[] = []
  const output = { out: (text: string) => void out.push(text), error: (text: string) => void err.push(text) }
  const args = line === '' ? [] : line.split(' ')
  const code = await runCommandLine(app, args, { program: 'shop', output, ...(signal && { signal }) })
  return { code, out: out.join('\n'), err: err.join('\n'), state: app.state }
}

describe('arguments', () => {
  test('options are the keys of the schema, and it says what they become', async () => {
    const { out, code } = await run(
      'order pay o-1 --amount=2.5 --tag a --tag b --max-age 3 --dry --by cash --data={"a":1} --json',
    )
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({
      order: 'o-1',
      amount: 2.5,
      paid: true,
      args: { order: 'o-1', amount: 2.5, tag: ['a', 'b'], maxAge: 3, dry: true, by: 'cash', data: { a: 1 } },
    })
    expect(JSON.parse((await run('order pay o-1 --no-dry --json')).out).args).toEqual({
      order: 'o-1',
      amount: 1,
      dry: false,
      by: 'card',
    })
  })

  test('a list as the last argument takes what is left', async () => {
    expect(JSON.parse((await run('copy there a b --json')).out)).toEqual({ to: 'there', files: ['a', 'b'] })
  })

  test.each([
    ['order pay', 'order: is missing', 'order pay'],
    ['order pay o', 'order: Too small', 'order pay'],
    ['order pay o-1 --amount ten', '--amount: Invalid input: expected number', 'order pay'],
    ['order pay o-1 --amount -3', '--amount: Too small', 'order pay'],
    ['order pay o-1 --amount=-3', '--amount: Too small', 'order pay'],
    ['order pay o-1 --by coin', '--by: Invalid option', 'order pay'],
    ['order pay o-1 --data {', '--data: Invalid input: expected object', 'order pay'],
    ['order pay o-1 --amuont 3', 'It has no option --amuont', 'order pay'],
    ['order pay o-1 o-2', 'It does not take "o-2"', 'order pay'],
    ['order pay o-1 --amount --dry', '--amount needs a value', 'order pay'],
    ['order pay o-1 --amount', '--amount needs a value', 'order pay'],
  ])('%s: exit code 2', async (line, message, command) => {
    const { code, err, out } = await run(line)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
    expect(err).toEndWith(`See shop ${command} --help`)
    expect(ran).toEqual([])
  })
})

describe('results', () => {
  test('rows come in columns, an object in lines, text as it is', async () => {
    expect((await run('order list')).out).toBe('ORDER  AMOUNT\no-1    10\no-200  5')
    expect((await run('order pay o-1')).out).toStartWith('order   o-1\namount  1\n')
    expect(await run('me')).toMatchObject({ out: 'a line\nann', err: '' })
  })

  test('with --json only the result is on the standard output', async () => {
    expect(await run('me --json')).toMatchObject({ out: '"ann"', err: 'a line' })
  })

  test('what a schema shows is what is printed', async () => {
    expect(JSON.parse((await run('view --json')).out)).toEqual({ a: 1 })
  })
})

describe('a command', () => {
  test('runs in a cell of its own, in an app that is started and does not serve', async () => {
    expect(await run('cell')).toMatchObject({ out: 'command cell', code: 0, state: 'stopped' })
    expect(ran).toEqual(['start', 'stop'])
  })

  test('may do without a start', async () => {
    expect((await run('offline')).out).toBe('not started')
    expect(ran).not.toContain('start')
  })

  test('is found in sub-apps', async () => {
    expect((await run('user list')).out).toBe('ann')
  })

  test('that is denied does not run', async () => {
    expect(await run('denied')).toMatchObject({ code: 1, err: 'You may not do this' })
    expect(ran).not.toContain('denied')
  })

  test('that fails has the exit code it says, or 1', async () => {
    expect(await run('refuses')).toMatchObject({ code: 7, err: 'It is too late\nCome earlier' })
    const broken = await run('breaks')
    expect(broken.code).toBe(1)
    expect(broken.err).toContain('cli.test.ts')
    expect(ran).toEqual(['start', 'stop'])
  })

  test('ends when it is interrupted, with 130', async () => {
    const interrupt = new AbortController()
    waiting = Promise.withResolvers()
    const running = run('long', interrupt.signal)
    await waiting.promise
    interrupt.abort()
    expect((await running).code).toBe(130)
  })

  test.each([
    ['ordr pay', 'There is no command "ordr pay"\nThere are: breaks, cell, '],
    ['order', 'Which one? order list, order pay'],
    ['--verbose', '--verbose is no command'],
  ])('%s: exit code 2', async (line, message) => {
    const { code, err } = await run(line)
    expect(code).toBe(2)
    expect(err).toStartWith(message)
  })
})

describe('help', () => {
  test('lists the commands', async () => {
    const { out, code } = await run('--help')
    expect(code).toBe(0)
    expect(out).toMatch(/^ {2}order pay +Pays an order$/m)
  })

  test('of a command lists its arguments', async () => {
    const { out, code } = await run('order pay --help')
    expect(code).toBe(0)
    expect(out).toContain('Usage: shop order pay <order> [options]')
    expect(out).toMatch(/^ {2}order +Which one \(required\)$/m)
    expect(out).toMatch(/^ {2}--amount <number> +\(default: 1\)$/m)
    expect(out).toMatch(/^ {2}--by <card\|cash> +\(default: "card"\)$/m)
    expect(out).toMatch(/^ {2}--tag <text> \.\.\.$/m)
    expect(ran).toEqual([])
  })
})

test('help needs no configuration that is right', async () => {
  class Broken extends defineService({
    factory: (): { readonly limit: number; pay(order: string): string } => {
      throw new DefinitionError('PAY_LIMIT is no number')
    },
  }) {}
  const payments = createController({
    inject: { broken: Broken },
    routes: ({ broken }) => ({
      pay: Cli('pay now')
        .describe(`Pays, up to ${broken.limit}`)
        .input(z.object({ order: z.string().describe('Which one') }))
        .handle(({ args }) => broken.pay(args.order)),
    }),
  })
  const called = async (...args: string[]) => {
    const told = { out: '', err: '' }
    const output = { out: (text: string) => void (told.out += text), error: (text: string) => void (told.err += text) }
    const app = JustScale().add(Broken).add(payments).build()
    return { ...told, code: await runCommandLine(app, args, { program: 'shop', output }), told }
  }
  const list = await called('--help')
  expect([list.code, list.told.err, list.told.out]).toEqual([0, '', expect.stringContaining('pay now')])
  const one = await called('pay', 'now', '--help')
  expect([one.code, one.told.err, one.told.out]).toEqual([0, '', expect.stringContaining('Which one')])
  const run = await called('pay', 'now', '--order', '1')
  expect([run.code, run.told.out, run.told.err]).toEqual([1, '', expect.stringContaining('PAY_LIMIT is no number')])
})

describe('definitions', () => {
  test('words that nobody can type are refused', () => {
    expect(() => Cli('Order  pay')).toThrow('a command is words')
  })

  test('two commands with the same words stop the program', async () => {
    const twice = createController({ routes: () => ({ a: Cli('x').handle(() => 1), b: Cli('x').handle(() => 2) }) })
    const err: string[] = []
    const output = { out: () => {}, error: (text: string) => void err.push(text) }
    expect(await runCommandLine(JustScale().add(twice).build(), ['x'], { program: 'shop', output })).toBe(1)
    expect(err.join()).toContain('The command "x" is there twice')
  })

  test('the types follow the schema and the middleware', () => {
    Cli('a')
      .input(z.object({ n: z.number().default(1) }))
      .use(() => ({ user: 'ann' }))
      .handle(({ args, user }) => {
        const n: number = args.n
        const name: string = user
        // @ts-expect-error there is no such argument
        return [n, name, args.other]
      })
    const returning = Cli('b').returns(z.object({ a: z.number() }))
    // @ts-expect-error not what the schema takes
    returning.handle(() => ({ a: 'x' }))
    expect(true).toBe(true)
  })
})
