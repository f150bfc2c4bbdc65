/** Random calls of several clients and nodes at once on one store, as a history to be checked. */
import { decodeControl } from '../../control-payload.ts'
import { plainCheckpoint } from '../../plain-checkpoint.ts'
import type { LoadedProcess } from '../../records.ts'
import type { EngineStore, StoreSession } from '../../store.ts'
import type { Call } from './linearize.ts'
import type { Op, Result } from './model.ts'

export interface HistoryOptions {
  readonly store: EngineStore
  /** Two nodes; each runs the processes in its own shards. */
  readonly nodes: readonly StoreSession[]
  /** Makes the names of this history its own. */
  readonly name: string
  /** A whole number from 0 to below - 1. */
  random(below: number): number
  /** A moment in which others go on. */
  pause(): Promise<void>
}

const CLIENTS = 2
/** Calls of each client and of each of two workers per node. */
const CALLS = 4

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (data: Uint8Array) => new TextDecoder().decode(data)

export async function history(options: HistoryOptions): Promise<readonly Call<Op, Result>[]> {
  const { store, nodes, name, random, pause } = options
  const calls: Call<Op, Result>[] = []
  const known = new Map<string, string>()
  const seen = new Map<string, LoadedProcess>()
  const paths = [0, 1, 2].map((number) => `/history/${name}/${number}`)
  const ownerOf = (path: string) => nodes[paths.indexOf(path) % nodes.length] as StoreSession
  const keyOf = (path: string) => `${name} ${paths.indexOf(path) % 2}`
  const anyPath = () => paths[random(paths.length)] as string
  let moment = 0
  let payloads = 0
  const payload = () => `p${++payloads}`

  async function call(op: Op, perform: () => Promise<Result>): Promise<void> {
    await pause()
    const begun = ++moment
    const result = await perform()
    calls.push({ op, result, begun, answered: ++moment })
  }

  async function start(path: string): Promise<void> {
    const key = keyOf(path)
    await call({ kind: 'start', path, key }, async () => {
      const shard = ownerOf(path).shards()[0] as number
      const request = {
        id: Bun.randomUUIDv7(),
        path,
        definition: '/history/:name/:number',
        program: 'history',
        shard,
        head: bytes('head'),
        parts: new Map(),
        subscribe: [{ number: 0, key }],
        place: { line: 1, waits: [] },
      }
      // Half of them by its node, which is to run it at once.
      const [result] = random(2) === 0 ? await store.start([request]) : await ownerOf(path).start([request])
      if (result) known.set(path, result.id)
      return result?.created
    })
  }

  async function emit(): Promise<void> {
    const op = { kind: 'emit', key: keyOf(anyPath()), payload: payload() } as const
    await call(op, async () => (await store.emit([{ signal: 's', keys: [op.key], payload: bytes(op.payload) }]))[0])
  }

  async function cancel(path: string, id: string): Promise<void> {
    const op = { kind: 'cancel', path, payload: payload() } as const
    await call(op, () => store.control(id, { kind: 'cancel', reason: bytes(op.payload) }))
  }

  async function look(path: string, id: string): Promise<void> {
    await call({ kind: 'look', path }, async () => {
      const process = await ownerOf(path).reload(id)
      if (process === undefined) return undefined
      seen.set(path, process)
      return { seq: process.record.seq, inbox: process.inbox.map(said) }
    })
  }

  async function commit(path: string, process: LoadedProcess): Promise<void> {
    const used = process.inbox.filter(() => random(2) === 0)
    const ends = random(10) === 0
    const sent = random(3) === 0 ? { key: keyOf(anyPath()), payload: payload() } : undefined
    const seq = process.record.seq + 1
    const checkpoint = plainCheckpoint({
      id: process.record.id,
      shard: process.record.shard,
      seq,
      status: ends ? 'completed' : random(2) === 0 ? 'waiting' : 'running',
      head: ends ? new Uint8Array() : bytes(`head ${seq}`),
      consume: ends ? [] : used.map(({ id }) => id),
      wakes: process.wakes,
      emit: sent ? [{ signal: 's', keys: [sent.key], payload: bytes(sent.payload) }] : [],
      ...(ends ? { outcome: bytes('done') } : {}),
      place: { line: 1, waits: [] },
    })
    const op: Op = { kind: 'commit', path, seq, consume: used.map(said), ends, ...(sent ? { emit: sent } : {}) }
    await call(op, async () => (await ownerOf(path).commit([checkpoint]))[0] === 'accepted')
  }

  async function client(): Promise<void> {
    for (let count = 0; count < CALLS; count++) {
      const path = anyPath()
      const id = known.get(path)
      const choice = random(4)
      if (id === undefined || (choice === 0 && random(3) === 0)) await start(path)
      else if (choice === 1) await cancel(path, id)
      else await emit()
    }
  }

  async function worker(node: StoreSession): Promise<void> {
    for (let count = 0, idle = 0; count < CALLS && idle < 100;) {
      const mine = paths.filter((path) => ownerOf(path) === node && known.has(path))
      const path = mine[random(mine.length)]
      const process = path === undefined ? undefined : seen.get(path)
      if (path === undefined) idle++
      else count++
      if (path === undefined) await pause().then(() => Promise.resolve())
      else if (process === undefined || random(2) === 0) await look(path, known.get(path) as string)
      else await commit(path, process)
    }
  }

  await Promise.all([
    ...Array.from({ length: CLIENTS }, client),
    ...nodes.flatMap((node) => [worker(node), worker(node)]),
  ])
  return calls
}

/** Commands are told apart by their reason. */
function said({ via, payload }: LoadedProcess['inbox'][number]): string {
  if (via !== 'control') return text(payload)
  const command = decodeControl(payload)
  return command.kind === 'cancel' ? text(command.reason) : command.kind
}
