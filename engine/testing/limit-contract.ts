/** What every store promises of limits and counts: part of `storeContract`. */
import { expect, test } from 'bun:test'
import { InboxFullError } from '../errors.ts'
import type { Checkpoint, LoadedProcess, SignalEmission, StartRequest } from '../store/records.ts'
import type { EngineStore, NodeOptions, StoreSession } from '../store/store.ts'

export interface LimitCases {
  withStore(
    body: (at: {
      readonly store: EngineStore
      node(options?: Partial<NodeOptions>): Promise<StoreSession>
      kill(node: StoreSession): Promise<void>
    }) => Promise<void>,
  ): Promise<void>
  request(path: string, options?: Partial<StartRequest>): StartRequest
  checkpoint(process: LoadedProcess, options?: Partial<Checkpoint>): Checkpoint
  emission(key: string, payload?: string): SignalEmission
  claimOne(session: StoreSession, running?: ReadonlySet<string>): Promise<LoadedProcess>
}

const nothing: ReadonlySet<string> = new Set()

export function limitContract({ withStore, request, checkpoint, emission, claimOne }: LimitCases): void {
  const inboxOf = async (store: EngineStore, path: string) =>
    (await store.load((await store.find(path))?.id ?? ''))?.inbox.length

  test('a signal is refused, with its whole call, where an inbox it reaches is full for it', () =>
    withStore(async ({ store }) => {
      await store.start([
        request('/test/full', { subscribe: [{ number: 1, key: 'k' }] }),
        request('/test/other', {
          subscribe: [
            { number: 1, key: 'o' },
            { number: 2, key: 'both' },
          ],
        }),
      ])
      const limited = (key: string): SignalEmission => ({ ...emission(key), limit: 2 })
      await store.room([limited('k')])
      expect(await store.emit([limited('k'), limited('o')])).toEqual([1, 1])
      expect(await store.emit([limited('k')])).toEqual([1])
      const refusal = await store.emit([limited('o'), limited('k')]).catch((error: unknown) => error)
      expect(refusal).toBeInstanceOf(InboxFullError)
      expect(refusal).toMatchObject({ process: '/test/full', code: 'ENGINE_INBOX_FULL' })
      await expect(store.room([limited('o'), limited('k')])).rejects.toBeInstanceOf(InboxFullError)
      expect([await inboxOf(store, '/test/full'), await inboxOf(store, '/test/other')]).toEqual([2, 1])
      expect(await store.emit([limited('o'), emission('k')])).toEqual([1, 1])
      expect(await store.emit([limited('nobody')])).toEqual([0])
    }))

  test('an inbox that is read has room again', () =>
    withStore(async ({ store, node }) => {
      const session = await node()
      await store.start([request('/test/1', { subscribe: [{ number: 1, key: 'k' }] })])
      const one: SignalEmission = { ...emission('k'), limit: 1 }
      await store.emit([one])
      await expect(store.emit([one])).rejects.toBeInstanceOf(InboxFullError)
      const claimed = await claimOne(session)
      await session.commit([checkpoint(claimed, { consume: claimed.inbox.map(({ id }) => id) })])
      expect(await store.emit([one])).toEqual([1])
    }))

  test('a claim brings no more of a definition than it may, the oldest first', () =>
    withStore(async ({ store, node }) => {
      const session = await node()
      const paths = (claimed: readonly LoadedProcess[]) => claimed.map(({ record }) => record.path).sort()
      for (const path of ['/hot/1', '/hot/2', '/hot/3', '/test/1', '/test/2'])
        await store.start([request(path, { definition: path.startsWith('/hot') ? '/hot/:id' : '/test/:id' })])
      const first = await session.claim(10, nothing, new Map([['/hot/:id', 2]]))
      expect(paths(first)).toEqual(['/hot/1', '/hot/2', '/test/1', '/test/2'])
      const running = new Set(first.map(({ record }) => record.id))
      expect(await session.claim(10, running, new Map([['/hot/:id', 0]]))).toEqual([])
      expect(paths(await session.claim(10, running, new Map([['/test/:id', 0]])))).toEqual(['/hot/3'])
    }))

  test('processes of definitions without a place are not claimed, whether woken or due', () =>
    withStore(async ({ store, node }) => {
      const session = await node()
      await store.start([
        request('/hot/1', { definition: '/hot/:id' }),
        request('/hot/due', { definition: '/hot/:id' }),
        request('/test/1'),
      ])
      const all = await session.claim(10, nothing)
      const due = all.find(({ record }) => record.path === '/hot/due') as LoadedProcess
      await session.commit([
        checkpoint(due, { timers: new Map([[1, await store.now()]]) }),
        ...all
          .filter((claimed) => claimed !== due)
          .map((claimed) => checkpoint(claimed, { runnable: true, status: 'waiting' })),
      ])
      const first = await session.claim(10, nothing, new Map([['/hot/:id', 0]]))
      expect(first.map(({ record }) => record.path)).toEqual(['/test/1'])
      const running = new Set(first.map(({ record }) => record.id))
      const rest = await session.claim(10, running)
      expect(rest.map(({ record }) => record.path).sort()).toEqual(['/hot/1', '/hot/due'])
    }))

  test('children are those that have not ended; a census counts by status', () =>
    withStore(async ({ store, node }) => {
      const session = await node()
      await store.start([request('/test/parent')])
      const parent = await claimOne(session)
      const child = (path: string) => request(path, { parent: parent.record.id })
      await session.commit([checkpoint(parent, { start: [child('/test/a'), child('/test/b'), child('/test/c')] })])
      const claimed = await session.claim(10, new Set([parent.record.id]))
      const named = (path: string) => claimed.find(({ record }) => record.path === path) as LoadedProcess
      const outcome = new Uint8Array([1])
      await session.commit([
        checkpoint(named('/test/a'), { status: 'completed', outcome, head: new Uint8Array(), dropParts: [0] }),
        checkpoint(named('/test/b'), { status: 'failed', outcome, timers: new Map([[1, 1]]) }),
      ])
      const children = await store.children(parent.record.id)
      expect(children.map(({ path, parent: of }) => [path, of])).toEqual([
        ['/test/b', parent.record.id],
        ['/test/c', parent.record.id],
      ])
      expect(await store.census()).toEqual({
        processes: { waiting: 1, failed: 1, running: 1 },
        exact: true,
        runnable: expect.any(Number) as never,
        timers: 1,
      })
    }))

  test('who takes over is told, with the processes that are quarantined by it', () =>
    withStore(async ({ store, node, kill }) => {
      const told: (readonly { path: string; line: number }[])[] = []
      const onTakeover = (quarantined: readonly { path: string; line: number }[]) => void told.push(quarantined)
      await store.start([request('/test/1', { place: { line: 7, waits: [] } })])
      let session = await node({ onTakeover })
      for (let round = 0; round < 3; round++) {
        await claimOne(session)
        const heir = await node({ onTakeover })
        await kill(session)
        // The store knows of the takeover before who took over does.
        while (told.length <= round) await new Promise<void>((resolve) => setImmediate(resolve))
        session = heir
      }
      expect(told).toEqual([[], [], [{ path: '/test/1', line: 7 }]])
    }))
}
