/**
 * CPU microseconds of the server per request, in one interleaved run: bare Bun.serve, Hono with the same middleware, ours, ours
 * with access log, Fastify on Node: `bun http/bench/requests.bench.ts [rounds] [requests per round]`. Requests per second follow
 * the load of the machine and are not printed. Every server is first asked whether it answers what the others answer.
 * Trap: the first round of each warms it up and is not counted.
 */
import { $ } from 'bun'
import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const rounds = Number(process.argv[2] ?? 7)
const requests = Number(process.argv[3] ?? 15_000)
const inFlight = 32
const here = import.meta.dir

const calls = {
  GET: (url: string) => fetch(`${url}/hello`),
  'GET :item': (url: string) => fetch(`${url}/items/ann?count=2`),
  POST: (url: string) =>
    fetch(`${url}/items`, {
      method: 'POST',
      body: '{"name":"ann","count":2}',
      headers: { 'content-type': 'application/json' },
    }),
} as const

const node = Bun.which('node')
if (node !== null) await $`bun install --silent --frozen-lockfile`.cwd(join(here, 'fastify')).quiet()
const commands = new Map(
  ['bare', 'hono', 'ours', 'logged'].map((name) => [name, [process.execPath, join(here, 'server.ts'), name]]),
)
if (node !== null) {
  commands.set('fastify', [node, join(here, 'fastify', 'server.js'), JSON.stringify(await securityHeaders())])
}
const servers = await Promise.all([...commands].map(([name, command]) => start(name, command)))
for (const server of servers) await checkAnswers(server)

const micros = new Map<string, number[]>()
for (let round = 0; round <= rounds; round++) {
  for (const server of servers) {
    for (const [method, call] of Object.entries(calls)) {
      const before = cpu(server.child.pid)
      await load(() => call(server.url))
      const spent = (cpu(server.child.pid) - before) / requests / 1000
      const key = `${method} ${server.name}`
      if (round > 0) micros.set(key, [...(micros.get(key) ?? []), spent])
    }
  }
}
for (const { child } of servers) child.kill()
const rows = Object.keys(calls).flatMap((method) =>
  servers.map(({ name }) => {
    const own = micros.get(`${method} ${name}`) ?? []
    const ratios = own.map((spent, round) => spent / (micros.get(`${method} hono`)?.[round] ?? Number.NaN))
    return { method, server: name, 'CPU us': median(own).toFixed(1), 'x Hono': median(ratios).toFixed(2) }
  }),
)
console.log(Bun.inspect.table(rows))

interface BenchServer {
  readonly name: string
  readonly child: Bun.Subprocess<'ignore', 'pipe', 'inherit'>
  readonly url: string
}

async function start(name: string, command: readonly string[]): Promise<BenchServer> {
  const child = Bun.spawn([...command], { stdio: ['ignore', 'pipe', 'inherit'] })
  const { value } = await child.stdout.getReader().read()
  return { name, child, url: `http://127.0.0.1:${new TextDecoder().decode(value).match(/\d+/)?.[0]}` }
}

async function securityHeaders(): Promise<Record<string, string>> {
  const app = new Hono().use(secureHeaders()).get('/', (context) => context.body(null))
  return Object.fromEntries((await app.request('/')).headers)
}

async function checkAnswers({ name, url }: BenchServer): Promise<void> {
  const get = await calls.GET(url)
  const show = await calls['GET :item'](url)
  const post = await calls.POST(url)
  const bodies = [await get.json(), await show.json(), await post.json()]
  const item = { name: 'ann', count: 2 }
  if (!Bun.deepEquals(bodies, [{ hello: 'world' }, item, item]) || post.status !== 201)
    throw new Error(`${name} answers something else: ${JSON.stringify(bodies)}`)
  if (name === 'bare') return
  const missing = Object.keys(await securityHeaders()).filter((header) => !post.headers.has(header))
  if (missing.length > 0 || !post.headers.has('x-request-id'))
    throw new Error(`${name} lacks a request id or security headers: ${missing.join(', ')}`)
}

async function load(call: () => Promise<Response>): Promise<void> {
  let left = requests
  const client = async () => {
    while (left-- > 0) await (await call()).arrayBuffer()
  }
  await Promise.all(Array.from({ length: inFlight }, client))
}

/** Nanoseconds of CPU that the threads of a process have used. */
function cpu(pid: number): number {
  let total = 0
  for (const thread of readdirSync(`/proc/${pid}/task`))
    total += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  return total
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}
