/**
 * What every engine store promises, as tests: `storeContract('memory', async () => ({ ... }))`. Each case opens a store of
 * its own. Nothing here sleeps; where a store only tells by polling, the case waits for the event itself.
 */
import { describe, expect, test } from 'bun:test'
import { FencedError } from '../errors.ts'
import { decodeControl } from '../store/control-payload.ts'
import { plainCheckpoint } from '../store/plain-checkpoint.ts'
import type { Checkpoint, LoadedProcess, SignalEmission, StartRequest } from '../store/records.ts'
import type { EngineStore, NodeOptions, StoreSession } from '../store/store.ts'
import { limitContract } from './limit-contract.ts'
import { scheduleContract } from './schedule-contract.ts'

export interface ContractStore {
  readonly store: EngineStore
  /** Ends a connected node as `kill -9` would, and lets the store notice. */
  kill(node: StoreSession): Promise<void>
  /** Makes the store's time pass, where it can: cases on timers need it. */
  advance(milliseconds: number): Promise<void>
  close(): Promise<void>
}

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (data: Uint8Array | undefined) => (data === undefined ? undefined : new TextDecoder().decode(data))
const nothing: ReadonlySet<string> = new Set()

let counter = 0
/** A UUID whose text grows with each call, as version 7 does. */
const uuid = () => `01990000-0000-7000-8000-${(++counter).toString(16).padStart(12, '0')}`

function request(path: string, options: Partial<StartRequest> = {}): StartRequest {
  return {
    id: uuid(),
    path,
    definition: '/test/:id',
    program: 'hash-1',
    head: bytes('head 0'),
    parts: new Map([[0, bytes('part 0')]]),
    subscribe: [],
    place: { line: 1, waits: [] },
    ...options,
  }
}

function checkpoint(process: LoadedProcess, options: Partial<Checkpoint> = {}): Checkpoint {
  const { id, shard, seq } = process.record
  return plainCheckpoint({
    id,
    shard,
    seq: seq + 1,
    status: 'waiting',
    head: bytes(`head ${seq + 1}`),
    place: { line: 2, waits: ['signal x'] },
    wakes: process.wakes,
    ...options,
  })
}

function emission(key: string, payload = 'payload'): SignalEmission {
  return { signal: 's', keys: [key], payload: bytes(payload) }
}

/** Runs the suite for one kind of store. */
export function storeContract(name: string, open: () => Promise<ContractStore>): void {
  async function withStore(
    body: (at: ContractStore & { node(options?: Partial<NodeOptions>): Promise<StoreSession> }) => Promise<void>,
  ) {
    const opened = await open()
    try {
      await opened.store.migrate()
      await opened.store.putPrograms([{ hash: 'hash-1', definition: '/test/:id', text: '{}', debug: '{}' }])
      const node = (options: Partial<NodeOptions> = {}) =>
        opened.store.connect({ name: 'node', onWake() {}, onLost() {}, ...options })
      await body({ ...opened, node })
    } finally {
      await opened.close()
    }
  }

  /** Claims until something comes: stores that find work by polling are asked again. */
  async function claimOne(session: StoreSession, running = nothing): Promise<LoadedProcess> {
    for (;;) {
      const [claimed] = await session.claim(10, running)
      if (claimed !== undefined) return claimed
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }

  describe(`${name} store`, () => {
    scheduleContract({ withStore, request, emission })
    limitContract({ withStore, request, emission, checkpoint, claimOne })

    test('a started process is claimed once, with what it was started with', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        const [result] = await store.start([request('/test/1')])
        expect(result).toMatchObject({ created: true })
        const claimed = await claimOne(session)
        expect(claimed.record).toMatchObject({
          path: '/test/1',
          status: 'running',
          seq: 0,
          program: 'hash-1',
          crashes: 0,
        })
        expect([text(claimed.head), text(claimed.parts.get(0))]).toEqual(['head 0', 'part 0'])
        expect(await session.claim(10, new Set([claimed.record.id]))).toEqual([])
      }))

    test('starting a path twice gives the same process, also in one call', () =>
      withStore(async ({ store }) => {
        const [first, second] = await store.start([request('/test/1'), request('/test/1')])
        const [third] = await store.start([request('/test/1')])
        expect([first?.created, second?.created, third?.created]).toEqual([true, false, false])
        expect(new Set([first?.id, second?.id, third?.id]).size).toBe(1)
      }))

    test('a checkpoint changes what it names and nothing else', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        await store.start([
          request('/test/1', {
            parts: new Map([
              [0, bytes('a')],
              [1, bytes('b')],
              [2, bytes('c')],
            ]),
          }),
        ])
        const claimed = await claimOne(session)
        const change = checkpoint(claimed, {
          writeParts: new Map([[1, bytes('B')]]),
          dropParts: [2],
          data: bytes('live'),
        })
        expect(await session.commit([change])).toEqual(['accepted'])
        const loaded = await store.load(claimed.record.id)
        expect([...(loaded?.parts ?? [])].map(([part, value]) => [part, text(value)]).sort()).toEqual([
          [0, 'a'],
          [1, 'B'],
        ])
        expect(text(loaded?.head)).toBe('head 1')
        expect(loaded?.record).toMatchObject({ seq: 1, status: 'waiting', place: { line: 2, waits: ['signal x'] } })
        expect(text(loaded?.record.data)).toBe('live')
        expect(await session.commit([checkpoint(loaded as LoadedProcess)])).toEqual(['accepted'])
        expect(text((await store.find('/test/1'))?.data)).toBe('live')
      }))

    test('a checkpoint on an old sequence number is fenced, beside others that are accepted', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        await store.start([request('/test/1'), request('/test/2')])
        const claimed = await session.claim(10, nothing)
        const [one, two] = claimed as [LoadedProcess, LoadedProcess]
        await session.commit([checkpoint(one)])
        expect(await session.commit([checkpoint(one), checkpoint(two)])).toEqual(['fenced', 'accepted'])
        expect(await session.committed(one.record.id, 1)).toBe(true)
        expect(await session.committed(one.record.id, 2)).toBe(false)
      }))

    test('a waiting process is not claimed; a running one is claimed again by whoever takes over', () =>
      withStore(async ({ store, node, kill }) => {
        const first = await node()
        await store.start([request('/test/waits'), request('/test/runs')])
        const claimed = await first.claim(10, nothing)
        const waits = claimed.find(({ record }) => record.path === '/test/waits') as LoadedProcess
        const runs = claimed.find(({ record }) => record.path === '/test/runs') as LoadedProcess
        await first.commit([checkpoint(waits), checkpoint(runs, { status: 'running' })])
        expect(await first.claim(10, new Set([runs.record.id]))).toEqual([])
        const second = await node()
        await kill(first)
        expect((await claimOne(second)).record.path).toBe('/test/runs')
        expect(await second.claim(10, new Set([runs.record.id]))).toEqual([])
      }))

    test('the checkpoint of the node that took over is not taken for one of the dead', () =>
      withStore(async ({ store, node, kill }) => {
        const first = await node()
        await store.start([request('/test/1')])
        const claimed = await claimOne(first)
        const second = await node()
        await kill(first)
        const again = await claimOne(second)
        expect(await second.commit([checkpoint(again)])).toEqual(['accepted'])
        expect(await second.committed(again.record.id, 1)).toBe(true)
        expect(await first.committed(claimed.record.id, 1)).toBe(false)
      }))

    test('a node runs at once what it starts in its own shards, and nobody is given it', () =>
      withStore(async ({ node, kill }) => {
        const first = await node()
        const mine = request('/test/mine', { shard: first.shards()[0] as number, parts: new Map([[0, bytes('p')]]) })
        const [started] = await first.start([mine])
        const process = started?.process as LoadedProcess
        expect(process.record).toMatchObject({ id: mine.id, path: '/test/mine', seq: 0, status: 'running', crashes: 0 })
        expect([text(process.head), text(process.parts.get(0))]).toEqual(['head 0', 'p'])
        expect((await first.start([mine]))[0]).toEqual({ id: mine.id, created: false, shard: process.record.shard })
        expect(await first.claim(10, new Set([mine.id]))).toEqual([])
        expect(await first.commit([checkpoint(process)])).toEqual(['accepted'])
        expect(await first.claim(10, nothing)).toEqual([])
        const [other] = await first.start([request('/test/dies', { shard: first.shards()[0] as number })])
        const second = await node()
        await kill(first)
        const inherited = await claimOne(second)
        expect(inherited.record).toMatchObject({ id: other?.id, crashes: 1, seq: 0 })
      }))

    test('a node that emits gives its own processes their turn at once; they are loaded once', () =>
      withStore(async ({ store, node, kill }) => {
        const first = await node()
        const shard = first.shards()[0] as number
        const listening = (path: string) => request(path, { shard, subscribe: [{ number: 0, key: 'k' }] })
        await first.start([listening('/test/one'), listening('/test/two')])
        for (const process of await first.claim(10, nothing)) await first.commit([checkpoint(process)])
        const [one, two] = (await store.list({ path: '/test/' })).toReversed()
        const { counts, claimed } = await first.emit(
          [emission('k', 'p1'), emission('k', 'p2')],
          10,
          new Set([two?.id ?? '']),
        )
        expect(counts).toEqual([2, 2])
        expect(claimed.map(({ record }) => record.id)).toEqual([one?.id as string])
        const [process] = claimed as [LoadedProcess]
        expect(process.inbox.map(({ via, payload }) => [via, text(payload)])).toEqual([
          [0, 'p1'],
          [0, 'p2'],
        ])
        // The other was left to be claimed; this one is not loaded again, and at rest when it has acted.
        const rest = await first.claim(10, new Set([process.record.id]))
        expect(rest.map(({ record, inbox }) => [record.id, inbox.length])).toEqual([[two?.id as string, 2]])
        const consume = process.inbox.map(({ id }) => id)
        expect(await first.commit([checkpoint(process, { consume })])).toEqual(['accepted'])
        expect(await first.claim(10, new Set([two?.id as string]))).toEqual([])
        await first.commit(rest.map((each) => checkpoint(each, { status: 'completed', outcome: bytes('done') })))
        // Whoever dies with a turn that it got like this leaves it to others, with its signal.
        const again = await first.emit([emission('k', 'p3')], 10, nothing)
        expect(again.claimed).toHaveLength(1)
        const second = await node()
        await kill(first)
        const heir = await claimOne(second)
        expect(heir.record).toMatchObject({ id: process.record.id, crashes: 1 })
        expect(heir.inbox.map(({ payload }) => text(payload))).toEqual(['p3'])
        await expect(first.emit([emission('k')], 10, nothing)).rejects.toBeInstanceOf(FencedError)
      }))

    test('of two hand-outs of a process on their way together either may be taken: what only the other brought is claimed', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        const shard = session.shards()[0] as number
        const ways = {
          async emit(signal: SignalEmission) {
            return (await session.emit([signal], 10, nothing)).claimed
          },
          async claim(signal: SignalEmission) {
            await store.emit([signal])
            return session.claim(10, nothing)
          },
        }
        const orders = (['emit', 'claim'] as const).flatMap((one) =>
          (['emit', 'claim'] as const).flatMap((other) => [0, 1].map((taken) => ({ one, other, taken }))),
        )
        for (const [index, { one, other, taken }] of orders.entries()) {
          const key = `k${index}`
          const path = `/test/${index}`
          const [started] = await session.start([request(path, { shard, subscribe: [{ number: 0, key }] })])
          await session.commit([checkpoint(started?.process as LoadedProcess)])
          const handOuts = [
            ...(await ways[one](emission(key, 'p1'))),
            ...(await ways[other](emission(key, 'p2'))),
          ] as const
          expect(handOuts.map(({ inbox }) => inbox.length)).toEqual([1, 2])
          const turn = handOuts[taken] as LoadedProcess
          const consume = turn.inbox.map(({ id }) => id)
          expect(await session.commit([checkpoint(turn, { consume })])).toEqual(['accepted'])
          session.returned(turn.record.id)
          const rest = await session.claim(10, nothing)
          expect({ one, other, rest: rest.map(({ inbox }) => inbox.map(({ payload }) => text(payload))) }).toEqual({
            one,
            other,
            rest: taken === 0 ? [['p2']] : [],
          })
          for (const each of rest)
            await session.commit([checkpoint(each, { status: 'completed', outcome: bytes('done') })])
        }
      }))

    test('a process that ended is not loaded for a turn any more', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        await store.start([request('/test/1')])
        const claimed = await claimOne(session)
        expect(await session.commit([checkpoint(claimed, { status: 'completed', outcome: bytes('done') })])).toEqual([
          'accepted',
        ])
        expect(await session.reload(claimed.record.id)).toBeUndefined()
      }))

    test('a node that was killed commits nothing any more', () =>
      withStore(async ({ store, node, kill }) => {
        const session = await node()
        await store.start([request('/test/1')])
        const claimed = await claimOne(session)
        const heir = await node()
        await kill(session)
        expect(
          await session.commit([checkpoint(claimed)]).catch((error) => error instanceof FencedError && ['fenced']),
        ).toEqual(['fenced'])
        const again = await claimOne(heir)
        expect([again.record.path, again.record.seq, again.record.crashes]).toEqual(['/test/1', 0, 1])
      }))

    test('a process whose turn killed three nodes is quarantined', () =>
      withStore(async ({ store, node, kill }) => {
        await store.start([request('/test/1')])
        let session = await node()
        for (let round = 0; round < 3; round++) {
          await claimOne(session)
          const heir = await node()
          await kill(session)
          session = heir
        }
        expect((await store.find('/test/1'))?.status).toBe('quarantined')
        expect(await session.claim(10, nothing)).toEqual([])
      }))

    test('a claimed process that was released is runnable elsewhere, and has no part in the death of its node', () =>
      withStore(async ({ store, node, kill }) => {
        await store.start([request('/test/1')])
        const first = await node()
        const { record } = await claimOne(first)
        await first.release(record.id)
        const second = await node()
        await kill(first)
        expect((await claimOne(second)).record).toMatchObject({ id: record.id, crashes: 0 })
        await expect(first.release(record.id)).rejects.toBeInstanceOf(FencedError)
      }))

    test('a process that was handed out and not taken has no part in the death of its node, and stays woken', () =>
      withStore(async ({ store, node, kill }) => {
        await store.start([request('/test/1')])
        const first = await node()
        const { record } = await claimOne(first)
        first.returned(record.id)
        // Asked for after that.
        await first.claim(1, new Set([record.id]))
        const second = await node()
        await kill(first)
        expect((await claimOne(second)).record).toMatchObject({ id: record.id, crashes: 0 })
      }))

    test('a process that goes on after a checkpoint at rest is in a turn again', () =>
      withStore(async ({ store, node, kill }) => {
        await store.start([request('/test/1')])
        const first = await node()
        const claimed = await claimOne(first)
        await first.commit([checkpoint(claimed)])
        await first.commit([checkpoint(claimed, { seq: 2, status: 'running' })])
        const second = await node()
        await kill(first)
        expect((await claimOne(second)).record).toMatchObject({ path: '/test/1', seq: 2, crashes: 1 })
      }))

    test('an accepted checkpoint forgives earlier crashes', () =>
      withStore(async ({ store, node, kill }) => {
        await store.start([request('/test/1')])
        const first = await node()
        await claimOne(first)
        const second = await node()
        await kill(first)
        await second.commit([checkpoint(await claimOne(second))])
        expect((await store.find('/test/1'))?.crashes).toBe(0)
      }))

    test('a node that leaves hands its shards on at once', () =>
      withStore(async ({ store, node }) => {
        const first = await node()
        await store.start([request('/test/1', { shard: first.shards()[0] as number })])
        const second = await node()
        await first.leave()
        expect((await claimOne(second)).record).toMatchObject({ path: '/test/1', crashes: 0 })
        await expect(first.claim(1, nothing)).rejects.toBeInstanceOf(FencedError)
      }))

    test('a signal reaches every process subscribed under one of its keys, in order', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        const subscribe = [{ number: 7, key: 's?id=1' }]
        await store.start([request('/test/1', { subscribe }), request('/test/2'), request('/test/3', { subscribe })])
        const counts = await store.emit([
          emission('s?id=1', 'first'),
          emission('s?id=2', 'nobody'),
          emission('s?id=1', 'second'),
        ])
        expect(counts).toEqual([2, 0, 2])
        const claimed = await session.claim(10, nothing)
        const inbox = claimed.find(({ record }) => record.path === '/test/3')?.inbox ?? []
        expect(inbox.map(({ via, payload }) => [via, text(payload)])).toEqual([
          [7, 'first'],
          [7, 'second'],
        ])
      }))

    test('an emission with several keys reaches a subscription once', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        await store.start([
          request('/test/1', {
            subscribe: [
              { number: 1, key: 's?a=1' },
              { number: 2, key: 's?a=1&b=2' },
            ],
          }),
        ])
        expect(await store.emit([{ signal: 's', keys: ['s?', 's?a=1', 's?a=1&b=2'], payload: bytes('x') }])).toEqual([
          1,
        ])
        expect((await claimOne(session)).inbox.map(({ via }) => via).sort()).toEqual([1, 2])
      }))

    test('a signal wakes a waiting process; what is consumed is gone, the rest stays', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        await store.start([request('/test/1', { subscribe: [{ number: 1, key: 'k' }] })])
        await session.commit([checkpoint(await claimOne(session))])
        await store.emit([emission('k', 'one'), emission('k', 'two')])
        const woken = await claimOne(session)
        await session.commit([checkpoint(woken, { consume: [woken.inbox[0]?.id ?? ''], runnable: true })])
        const again = await claimOne(session)
        expect(again.inbox.map(({ payload }) => text(payload))).toEqual(['two'])
      }))

    test('a signal that arrives between claim and checkpoint keeps the process runnable', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        await store.start([request('/test/1', { subscribe: [{ number: 1, key: 'k' }] })])
        const claimed = await claimOne(session)
        await store.emit([emission('k')])
        await session.commit([checkpoint(claimed, { runnable: false })])
        expect((await claimOne(session)).inbox).toHaveLength(1)
      }))

    test('an entry that was seen and left does not wake again', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        await store.start([request('/test/1', { subscribe: [{ number: 1, key: 'k' }] })])
        await store.emit([emission('k')])
        const claimed = await claimOne(session)
        await session.commit([checkpoint(claimed)])
        expect(await session.claim(10, nothing)).toEqual([])
        expect((await store.load(claimed.record.id))?.inbox).toHaveLength(1)
      }))

    test('a reload sees what arrived since', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        await store.start([request('/test/1', { subscribe: [{ number: 1, key: 'k' }] })])
        const claimed = await claimOne(session)
        await store.emit([emission('k')])
        expect((await session.reload(claimed.record.id))?.inbox).toHaveLength(1)
        expect(await session.reload(uuid())).toBeUndefined()
      }))

    test('subscriptions begin and end with checkpoints; ending one drops what came through it', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        await store.start([request('/test/1')])
        await session.commit([checkpoint(await claimOne(session), { subscribe: [{ number: 3, key: 'late' }] })])
        expect(await store.emit([emission('late')])).toEqual([1])
        const claimed = await claimOne(session)
        await session.commit([checkpoint(claimed, { unsubscribe: [3] })])
        expect(await store.emit([emission('late')])).toEqual([0])
        expect((await store.load(claimed.record.id))?.inbox).toEqual([])
      }))

    test('a timer makes its process due, not before its time, until it is cancelled', () =>
      withStore(async ({ store, node, advance }) => {
        const session = await node()
        await store.start([request('/test/1')])
        const claimed = await claimOne(session)
        const now = await store.now()
        await session.commit([
          checkpoint(claimed, {
            timers: new Map([
              [1, now + 2_000],
              [2, now + 60_000],
            ]),
          }),
        ])
        expect(await session.claim(10, nothing)).toEqual([])
        const known = await session.upcoming(now, 10_000, 100)
        expect(known.timers).toEqual([{ process: claimed.record.id, due: now + 2_000 }])
        expect([known.now >= now, known.until]).toEqual([true, known.now + 10_000])
        expect((await session.upcoming(now, 120_000, 1)).until).toBeLessThanOrEqual(now + 60_000)
        expect((await session.upcoming(now + 2_001, 10_000, 100)).timers).toEqual([])
        const early = await session.claimDue([claimed.record.id])
        expect([early.processes, early.now >= now && early.now < now + 2_000]).toEqual([[], true])
        await advance(2_000)
        const due = await claimOne(session)
        expect(due.now).toBeGreaterThanOrEqual(now + 2_000)
        expect(due.timers).toEqual(
          new Map([
            [1, now + 2_000],
            [2, now + 60_000],
          ]),
        )
        await session.commit([
          checkpoint(due, {
            timers: new Map([
              [1, null],
              [2, null],
            ]),
          }),
        ])
        expect((await session.upcoming(now, 120_000, 100)).timers).toEqual([])
        expect((await session.claimDue([due.record.id])).processes).toEqual([])
        expect(await session.claim(10, nothing)).toEqual([])
      }))

    test('a checkpoint starts processes and emits signals with itself, or not at all', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        await store.start([request('/test/1'), request('/test/other', { subscribe: [{ number: 1, key: 'k' }] })])
        const claimed = (await session.claim(10, nothing)).find(
          ({ record }) => record.path === '/test/1',
        ) as LoadedProcess
        const change = checkpoint(claimed, {
          start: [request('/test/child', { parent: claimed.record.id })],
          emit: [emission('k')],
        })
        await session.commit([change])
        await session.commit([change])
        expect(await store.find('/test/child')).toMatchObject({ parent: claimed.record.id, status: 'running' })
        const other = await store.find('/test/other')
        expect((await store.load(other?.id ?? ''))?.inbox).toHaveLength(1)
      }))

    test('an ended process keeps its outcome and lets go of everything else', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        await store.start([request('/test/1', { subscribe: [{ number: 1, key: 'k' }] })])
        const claimed = await claimOne(session)
        await session.commit([
          checkpoint(claimed, { status: 'completed', outcome: bytes('result'), head: bytes(''), dropParts: [0] }),
        ])
        const record = await store.find('/test/1')
        expect([record?.status, text(record?.outcome), typeof record?.endedAt]).toEqual([
          'completed',
          'result',
          'number',
        ])
        expect(await store.emit([emission('k')])).toEqual([0])
        expect(await store.control(claimed.record.id, { kind: 'pause' })).toBe(false)
        expect(await session.claim(10, nothing)).toEqual([])
        expect((await store.start([request('/test/1')]))[0]?.created).toBe(false)
      }))

    test('a failed process keeps its place and hears commands only', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        await store.start([request('/test/1', { subscribe: [{ number: 1, key: 'k' }] })])
        const claimed = await claimOne(session)
        await session.commit([checkpoint(claimed, { status: 'failed', outcome: bytes('error') })])
        expect(await store.emit([emission('k')])).toEqual([1])
        expect(await session.claim(10, nothing)).toEqual([])
        expect(await store.control(claimed.record.id, { kind: 'retry' })).toBe(true)
        const again = await claimOne(session)
        expect(text(again.head)).toBe('head 1')
        const commands = again.inbox.filter(({ via }) => via === 'control')
        expect(commands.map(({ payload }) => decodeControl(payload).kind)).toEqual(['retry'])
        await session.commit([checkpoint(again, { consume: commands.map(({ id }) => id) })])
        expect((await store.find('/test/1'))?.outcome).toBeUndefined()
      }))

    test('commands arrive in order, with their reason', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        await store.start([request('/test/1')])
        await session.commit([checkpoint(await claimOne(session))])
        const id = (await store.find('/test/1'))?.id ?? ''
        expect(await store.control(id, { kind: 'pause' })).toBe(true)
        await store.control(id, { kind: 'cancel', reason: bytes('why') })
        const commands = (await claimOne(session)).inbox.map(({ payload }) => decodeControl(payload))
        expect(commands).toEqual([{ kind: 'pause' }, { kind: 'cancel', reason: bytes('why') }])
        expect(await store.control(uuid(), { kind: 'pause' })).toBe(false)
      }))

    test('a change is told to whoever waits for it, and at once when it was before', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        await store.start([request('/test/1')])
        const claimed = await claimOne(session)
        const waiting = store.changed(claimed.record.id, 0, new AbortController().signal)
        await session.commit([checkpoint(claimed)])
        await waiting
        await store.changed(claimed.record.id, 0, new AbortController().signal)
        const abort = new AbortController()
        const aborted = store.changed(claimed.record.id, 1, abort.signal)
        abort.abort()
        await aborted
      }))

    test('lists are filtered and paged, newest first', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        await store.start([request('/test/a'), request('/test/b'), request('/other/c', { definition: '/other/:id' })])
        const [claimed] = await session.claim(1, nothing)
        await session.commit([checkpoint(claimed as LoadedProcess)])
        expect((await store.list({})).map(({ path }) => path)).toEqual(['/other/c', '/test/b', '/test/a'])
        expect((await store.list({ path: '/other/:id' })).map(({ path }) => path)).toEqual(['/other/c'])
        expect((await store.list({ path: '/test/' })).map(({ path }) => path)).toEqual(['/test/b', '/test/a'])
        expect(await store.list({ status: ['waiting'] })).toHaveLength(1)
        const [newest] = await store.list({ limit: 1 })
        expect((await store.list({ before: newest?.id ?? '' })).map(({ path }) => path)).toEqual(['/test/b', '/test/a'])
      }))

    test('a program gets the last signature that was given, and keeps the rest', () =>
      withStore(async ({ store }) => {
        const program = { hash: 'hash-2', definition: '/test/:id', text: '{}', debug: '{}' }
        await store.putPrograms([program])
        expect(await store.getProgram('hash-2')).toEqual(program)
        for (const signature of ['one', 'two', 'two']) {
          await store.putPrograms([{ ...program, text: 'changed', signature }])
          expect(await store.getProgram('hash-2')).toEqual({ ...program, signature })
        }
        await store.putPrograms([program])
        expect((await store.getProgram('hash-2'))?.signature).toBe('two')
      }))

    test('programs are stored once, and those that live processes need are listed', () =>
      withStore(async ({ store, node }) => {
        const session = await node()
        await store.putPrograms([{ hash: 'hash-1', definition: '/test/:id', text: 'changed', debug: '' }])
        expect((await store.getProgram('hash-1'))?.text).toBe('{}')
        expect(await store.getProgram('unknown')).toBeUndefined()
        await store.start([request('/test/1'), request('/test/2')])
        expect(await store.livePrograms()).toEqual([{ hash: 'hash-1', definition: '/test/:id' }])
        expect(await store.linesOf('hash-1')).toEqual([{ line: 1, count: 2 }])
        const claimed = await claimOne(session)
        await session.commit([checkpoint(claimed, { place: { line: 9, waits: [] } })])
        expect(await store.linesOf('hash-1')).toEqual([
          { line: 1, count: 1 },
          { line: 9, count: 1 },
        ])
        const again = (await store.load(claimed.record.id)) as LoadedProcess
        await session.commit([checkpoint(again, { status: 'cancelled', outcome: bytes('x') })])
        expect(await store.linesOf('hash-1')).toEqual([{ line: 1, count: 1 }])
        await session.commit([checkpoint(await claimOne(session), { status: 'completed', outcome: bytes('x') })])
        expect(await store.livePrograms()).toEqual([])
      }))
  })
}
