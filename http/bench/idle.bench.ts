/**
 * Memory of the server per idle WebSocket and per idle event stream, ours and of bare Bun.serve:
 * `bun http/bench/idle.bench.ts [connections]` (default 10,000, or what `ulimit -n` lets one process have). Clients are an OS process
 * of their own. Memory is the whole process's, after a collection, minus what it used before the first connection.
 */
import { $ } from 'bun'
import { join } from 'node:path'

const allowed = Number(await $`ulimit -n`.nothrow().quiet().text()) || 20_000
const count = Math.min(Number(process.argv[2] ?? 10_000), allowed - 200)
const rows: object[] = []
for (const name of ['bare', 'ours'])
  for (const path of ['/socket', '/events']) rows.push({ server: name, path, ...(await measure(name, path)) })
console.log(`${count} idle connections each`)
console.log(Bun.inspect.table(rows))

async function measure(name: string, path: string): Promise<object> {
  const server = Bun.spawn([process.execPath, join(import.meta.dir, 'idle-server.ts'), name], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LOG_LEVEL: 'warning' },
  })
  const port = (await firstLine(server.stdout)).trim()
  const memory = async () => Number(await (await fetch(`http://127.0.0.1:${port}/memory`)).text())
  for (let n = 0; n < 50; n++) await memory()
  const before = await memory()
  const client = Bun.spawn([process.execPath, join(import.meta.dir, 'idle-client.ts'), path, port, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said = await firstLine(client.stdout)
  if (!said.includes('open')) throw new Error(`${name} ${path}: not all connections were opened`)
  const open = (await memory()) - before
  client.kill()
  await client.exited
  // The server notices the end of thousands of connections over some turns of its loop.
  for (let n = 0; n < 100; n++) await memory()
  const after = (await memory()) - before
  server.kill()
  await server.exited
  return {
    'KB each': (open / count / 1000).toFixed(1),
    'MB in all': (open / 1e6).toFixed(0),
    'MB afterwards': (after / 1e6).toFixed(0),
  }
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader()
  const { value } = await reader.read()
  reader.releaseLock()
  return new TextDecoder().decode(value)
}
