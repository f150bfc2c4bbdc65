/** Servers of the bench in OS processes of their own, and what they cost: CPU time, which the load of the machine changes least. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Call = () => Promise<unknown>

export interface Contender {
  readonly name: string
  /** A kind of server.ts. */
  readonly server: string
  readonly connect: (port: number) => Call
}

export interface Load {
  readonly rounds: number
  readonly calls: number
  readonly inFlight: number
  /** What is counted for each call: 1, or the messages of its stream. */
  readonly per: number
}

/**
 * Prints CPU microseconds of each server, in one interleaved run: every round drives each of them in turn. Trap: the first
 * round warms them up and is not counted.
 */
export async function compare(what: string, contenders: readonly Contender[], load: Load): Promise<void> {
  const running = await Promise.all(contenders.map(start))
  for (let round = 0; round <= load.rounds; round++) {
    for (const { server, call, micros } of running) {
      const before = cpuMicros(server.pid)
      await drive(call, load)
      if (round > 0) micros.push((cpuMicros(server.pid) - before) / load.calls / load.per)
    }
  }
  for (const { server } of running) server.kill()
  const column = `CPU us per ${what} (median)`
  console.log(Bun.inspect.table(running.map(({ name, micros }) => ({ name, [column]: median(micros).toFixed(1) }))))
}

async function start(contender: Contender) {
  const command = ['bun', join(import.meta.dir, 'server.ts'), contender.server]
  const server = Bun.spawn(command, { stdout: 'pipe', stderr: 'ignore' })
  const port = await portOf(server.stdout)
  return { ...contender, server, call: contender.connect(port), micros: [] as number[] }
}

/** Logs may come before it. */
async function portOf(output: ReadableStream<Uint8Array>): Promise<number> {
  let text = ''
  for await (const chunk of output) {
    text += new TextDecoder().decode(chunk)
    const port = /^listening on (\d+)$/m.exec(text)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error(`a server of the bench did not start: ${text}`)
}

async function drive(call: Call, { calls, inFlight }: Load): Promise<void> {
  let left = calls
  const worker = async () => {
    while (left-- > 0) await call()
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
}

/** User and system time of a process, from ticks of 10 ms. */
function cpuMicros(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
