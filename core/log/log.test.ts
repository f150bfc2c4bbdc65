/** Lines for people in development, JSON in production, and whose request a line belongs to. */
import { expect, test } from 'bun:test'
import {
  bindInstance,
  defineModel,
  defineService,
  field,
  JustScale,
  Logger,
  LogSink,
  type LogRecord,
} from '@justscale/core'
import { CallIdentity, currentCell, openCell, runInCell } from '@justscale/core/cell'
import { defineSecret, provideConfig } from '@justscale/core/config'
import { z } from 'zod'
import { logFields } from './log-fields.ts'
import { lineFormatter } from './sink.ts'

const record = (properties: Record<string, unknown>, message = 'GET /orders'): LogRecord => ({
  category: ['shop', 'http'],
  level: 'info',
  message: [message],
  rawMessage: message,
  timestamp: new Date(2026, 0, 2, 12, 4, 5, 6).getTime(),
  properties,
})

test.each([
  [{}, 'readable'],
  [{ JUSTSCALE_ENV: 'development' }, 'readable'],
  [{ JUSTSCALE_ENV: 'test', NODE_ENV: 'production' }, 'readable'],
  [{ NODE_ENV: 'test' }, 'readable'],
  [{ JUSTSCALE_ENV: 'production' }, 'JSON'],
  [{ JUSTSCALE_ENV: 'staging' }, 'JSON'],
  [{ NODE_ENV: 'production' }, 'JSON'],
])('under %p lines are %s', (environment, form) => {
  const line = lineFormatter(environment, false)(record({ status: 200 }))
  if (form === 'JSON') {
    expect(JSON.parse(line)).toMatchObject({ message: 'GET /orders', properties: { status: 200 } })
  } else expect(line.trimEnd()).toBe('12:04:05.006  INFO   http  GET /orders  status=200')
})

const readable = (properties: Record<string, unknown>, message?: string) =>
  lineFormatter({}, false)(record(properties, message))

test('fields are short, and quoted where they would be ambiguous', () => {
  const line = readable({ a: 'plain', b: 'two words', c: { d: 1n }, e: undefined, f: 'x'.repeat(500) })
  expect(line).toContain('a=plain b="two words" c={"d":"1"} f=xxx')
  expect(line.length).toBeLessThan(300)
  const loop: Record<string, unknown> = {}
  loop['self'] = loop
  expect(readable({ loop })).toContain('loop=')
})

test('an error is below its line, indented, with its hint and causes', () => {
  const cause = new TypeError('no socket')
  const error = Object.assign(new Error('failed', { cause }), { hint: 'Try later.' })
  const [head, ...rest] = readable(logFields({ error, n: 1 }))
    .trimEnd()
    .split('\n')
  expect(head).toEndWith('GET /orders  n=1')
  expect(rest.every((line) => line.startsWith('    '))).toBe(true)
  expect(rest[0]).toBe('    error: Error: failed')
  expect(rest).toContain('      hint: Try later.')
  expect(rest).toContain('      cause: TypeError: no socket')
  expect(rest.some((line) => line.includes('log.test.ts'))).toBe(true)
})

test('a message cannot forge a line or colour the terminal', () => {
  const line = readable({ user: 'x\n12:00 ERROR forged' }, 'hello\n\x1b[31mforged')
  expect(line.trimEnd().split('\n')).toHaveLength(1)
  expect(line).not.toContain('\x1b')
  const error = Object.assign(new Error('bad\x1b[2J\nforged'), { hint: 'a\nb' })
  const below = readable(logFields({ error })).trimEnd().split('\n').slice(1)
  expect(below.every((text) => text.startsWith('    ') && !text.includes('\x1b'))).toBe(true)
})

class Writer extends defineService({
  inject: { log: Logger },
  factory: ({ log }) => ({ write: (message: string) => log.info(message) }),
}) {}

class User extends defineModel({
  name: 'User',
  fields: {
    email: field.string(),
    password: field.string().secret(),
    login: field.object({ pin: field.string().secret() }),
  },
}) {}
class Keys extends defineSecret('keys', z.object({ payment: z.string() })) {}

async function loggedApp() {
  const lines: LogRecord[] = []
  class Kept extends LogSink {
    readonly level = 'debug' as const
    write(line: LogRecord): void {
      lines.push(line)
    }
  }
  const environment = { PAYMENT: 'hunter2' }
  const app = JustScale()
    .add(bindInstance(LogSink, new Kept()))
    .add(provideConfig(Keys, (env) => ({ payment: env.PAYMENT }), { environment }))
    .add(Writer)
    .build()
  await app.prepare()
  const { write } = await app.resolve(Writer)
  return { lines, write, logger: await app.resolve(Logger), keys: await app.resolve(Keys) }
}

test('lines carry the request and trace of the call they are written in, in cells below and after the commit too', async () => {
  const { lines, write } = await loggedApp()
  const trace = '0af7651916cd43dd8448eb211c80319c'
  const headers = new Headers({ 'x-request-id': 'r-1', traceparent: `00-${trace}-b7ad6b7169203331-01` })
  await runInCell({ name: 'GET /', caller: new CallIdentity(() => headers) }, async () => {
    write('in the call')
    await runInCell({ name: 'event' }, () => write('in a cell below'))
    currentCell()?.afterCommit(() => write('after the commit'))
  })
  await runInCell({ name: 'another' }, () => write('elsewhere'))
  const [elsewhere] = lines.splice(
    lines.findIndex((line) => line.message[0] === 'elsewhere'),
    1,
  )
  expect(elsewhere?.properties).toEqual({ cell: 'another' })
  expect(lines.map((line) => line.message[0])).toContain('after the commit')
  for (const line of lines) expect(line.properties).toMatchObject({ requestId: 'r-1', trace })
})

test('a step belongs to its process, not to the request that happened to wake it', async () => {
  const { lines, write } = await loggedApp()
  await runInCell({ name: 'GET /', caller: new CallIdentity(() => new Headers(), 'r-1') }, async () => {
    const step = openCell({ name: 'step charge of /orders/1' })
    await step.run(() => write('in the step'))
    await step.close()
  })
  expect(lines[0]?.properties).toEqual({ cell: 'step charge of /orders/1' })
})

test('a request id that is no plain word, or a trace that is none, is not taken over', () => {
  const caller = new CallIdentity(() => new Headers({ 'x-request-id': 'a b', traceparent: 'nonsense' }))
  expect(caller.requestId).toMatch(/^[\da-f-]{36}$/)
  expect(caller.requestId).toBe(caller.requestId)
  expect(caller.trace).toBeUndefined()
  expect(caller.header('x-request-id')).toBe(caller.requestId)
})

test('entities are logged by name and secrets not at all, wherever they are', async () => {
  const { lines, logger, keys } = await loggedApp()
  const user = new User({ email: 'ada@example.com', password: 'hunter2', login: { pin: 'hunter2' } })
  expect(keys.payment).toBe('hunter2')
  logger.with({ user }).info('signed in', { list: [user], in: { user, map: new Map([['a', user]]) }, keys: [keys] })
  expect(lines[0]?.properties).toEqual({
    user: 'User(new)',
    list: ['User(new)'],
    in: { user: 'User(new)', map: [['a', 'User(new)']] },
    keys: ['[secret]'],
  })
  for (const printed of [JSON.stringify({ user, keys }), Bun.inspect({ user, keys })]) {
    expect(printed).not.toContain('hunter2')
    expect(printed).toContain('ada@example.com')
  }
})

test('no field makes a log line throw', async () => {
  const { lines, logger } = await loggedApp()
  const throwing = () => {
    throw new Error('not to be read')
  }
  const loop: Record<string, unknown> = { deep: { toJSON: throwing } }
  loop['self'] = loop
  const getter = Object.defineProperty({}, 'read', { enumerable: true, get: throwing })
  const cause = new Error('a circle')
  cause.cause = cause
  logger.info('hostile', { loop, getter, ...{ proxy: new Proxy({}, { ownKeys: throwing }) }, cause })
  logger.info('top', getter)
  expect(lines[0]?.properties).toMatchObject({
    loop: { deep: '[unprintable]', self: '[circular]' },
    getter: { read: '[unprintable]' },
    proxy: '[unprintable]',
    cause: { message: 'a circle', cause: '[circular]' },
  })
  expect(lines[1]?.properties).toEqual({ read: '[unprintable]' })
  for (const line of lines) expect(() => lineFormatter({ NODE_ENV: 'production' }, false)(line)).not.toThrow()
})
