/**
 * A greeter in an OS process of its own. It prints its ports, gRPC's first, and then, among its logs, a line of JSON for what happens to a
 * call that a note names: `{ note, event }`, where the event is `started`, `finished` or `cut off`.
 */
import type { Ending } from '../greeter-app.ts'
import { readLines } from './lines.ts'
import type { Served } from './served.ts'

type Program = Bun.Subprocess<'pipe', 'pipe', 'inherit'>

export async function serveProgram(program: Program): Promise<Served> {
  const lines = readLines(program.stdout)
  const [grpc, http] = await portsAmong(lines)
  const calls = new Map<string, { started: PromiseWithResolvers<void>; ended: PromiseWithResolvers<Ending> }>()
  const about = (note: string) => {
    const call = calls.get(note) ?? {
      started: Promise.withResolvers<void>(),
      ended: Promise.withResolvers<Ending>(),
    }
    calls.set(note, call)
    return call
  }
  const listen = async () => {
    for await (const line of lines) {
      if (!line.startsWith('{')) continue
      const { note, event } = JSON.parse(line) as { note: string; event: 'started' | Ending }
      if (event === 'started') about(note).started.resolve()
      else about(note).ended.resolve(event)
    }
  }
  void listen()
  return {
    grpc: `127.0.0.1:${grpc}`,
    http: `127.0.0.1:${http}`,
    started: (note) => about(note).started.promise,
    ended: (note) => about(note).ended.promise,
    async stop() {
      program.kill()
      await program.exited
    },
  }
}

/** Logs may come before them. */
async function portsAmong(lines: AsyncGenerator<string>): Promise<string[]> {
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    if (/^\d+( \d+)?$/.test(line.value)) return line.value.split(' ')
  }
  throw new Error('the program ended before it printed its ports')
}
