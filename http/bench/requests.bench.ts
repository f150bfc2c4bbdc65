/**
 * CPU microseconds of the server per request, against bare Bun.serve and Hono with the same middleware, in one interleaved run:
 * `bun http/bench/requests.bench.ts [rounds] [requests per round]`. Requests per second follow the load of the machine and are
 * not printed. Trap: the first round of each warms it up and is not counted; the kernel counts CPU in steps of 10 ms.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const rounds = Number(process.argv[2] ?? 6)
const requests = Number(process.argv[3] ?? 15_000)
const inFlight = 32

const calls = {
  GET: (url: string) => fetch(`${url}/hello`),
  POST: (url: string) =>
    fetch(`${url}/items`, {
      method: 'POST',
      body: '{"name":"ann","count":2}',
      headers: { 'content-type': 'application/json' },
    }),
} as const

const servers = await Promise.all(
  ['bare', 'hono', 'ours'].map(async (name) => {
    const child = Bun.spawn([process.execPath, join(import.meta.dir, 'server.ts'), name], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LOG_LEVEL: 'warning' },
    })
    const { value } = await child.stdout.getReader().read()
    const url = `http://127.0.0.1:${new TextDecoder().decode(value).match(/\d+/)?.[0]}`
    return { name, child, url }
  }),
)
const micros = new Map<string, number[]>()
for (let round = 0; round <= rounds; round++) {
  for (const server of servers) {
    for (const [method, call] of Object.entries(calls)) {
      const before = cpu(server.child.pid)
      await load(() => call(server.url))
      const spent = ((cpu(server.child.pid) - before) / requests) * 1e6
      const key = `${method} ${server.name}`
      if (round > 0) micros.set(key, [...(micros.get(key) ?? []), spent])
    }
  }
}
for (const { child } of servers) child.kill()
const rows = Object.keys(calls).flatMap((method) =>
  servers.map(({ name }) => {
    const own = median(micros.get(`${method} ${name}`))
    const row = { method, server: name, 'CPU us': own.toFixed(1) }
    return { ...row, 'x Hono': (own / median(micros.get(`${method} hono`))).toFixed(2) }
  }),
)
console.log(Bun.inspect.table(rows))

async function load(call: () => Promise<Response>): Promise<void> {
  let left = requests
  const client = async () => {
    while (left-- > 0) await (await call()).arrayBuffer()
  }
  await Promise.all(Array.from({ length: inFlight }, client))
}

/** Seconds of CPU that a process has used. */
function cpu(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function median(values: readonly number[] = []): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}
