/** Nodes that are killed, frozen and thawed, as OS processes. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Clock, systemClock } from '../../clock/clock.ts'
import type { SqlDatabase } from '../../sql/connection.ts'
import { testDatabase, type TestDatabase } from '../../sql/embedded/index.ts'
import { openPostgres } from '../../sql/postgres-js.ts'
import type { LoadedProcess } from '../records.ts'
import type { StoreSession } from '../store.ts'
import { PostgresStore } from './postgres-store.ts'
import { checkpoint, nothing } from './test/requests.ts'

let database: TestDatabase
let sql: SqlDatabase
let opened = 0

beforeAll(async () => {
  database = await testDatabase()
  sql = openPostgres(database.url)
  await sql.query('create table item (id int primary key, text text not null); insert into item values (1, $$free$$)')
})

afterAll(async () => {
  await sql?.close()
  await database?.drop()
})

const NEVER = 300_000

interface Victim {
  readonly process: Bun.Subprocess<'pipe', 'pipe', 'inherit' | 'pipe'>
  line(): Promise<string>
  tell(command: string): void
}

async function spawnVictim(namespace: string, lease: number, stuck: number): Promise<Victim> {
  const script = new URL('./test/node.ts', import.meta.url).pathname
  const process = Bun.spawn(['bun', script, database.url, namespace, String(lease), String(stuck)], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: stuck === NEVER ? 'inherit' : 'pipe',
  })
  const lines: string[] = []
  const decoder = new TextDecoder()
  const reader = process.stdout.getReader()
  let rest = ''
  async function line(): Promise<string> {
    for (;;) {
      const next = lines.shift()
      if (next !== undefined) return next
      const { value, done } = await reader.read()
      if (done) return 'ended'
      const parts = (rest + decoder.decode(value, { stream: true })).split('\n')
      rest = parts.pop() ?? ''
      lines.push(...parts)
    }
  }
  return {
    process,
    line,
    tell(command) {
      void process.stdin.write(`${command}\n`)
      void process.stdin.flush()
    },
  }
}

async function withVictim(
  lease: number,
  body: (at: {
    victim: Victim
    session: StoreSession
    store: PostgresStore
    /** Why the heir lost its place. */
    lost: readonly string[]
    /** Resolves when the heir has renewed its lease so often. */
    renewals(times: number): Promise<void>
  }) => Promise<void>,
  { stuck = NEVER, clock = systemClock }: { stuck?: number; clock?: Clock } = {},
): Promise<void> {
  const namespace = `death_${++opened}`
  const store = new PostgresStore({ url: database.url, namespace, clock })
  await store.migrate()
  await store.putPrograms([{ hash: 'hash-1', definition: '/test/:id', text: '{}', debug: '{}' }])
  const victim = await spawnVictim(namespace, lease, stuck)
  try {
    expect(await victim.line()).toBe('ready')
    const lost: string[] = []
    const session = await store.connect({ name: 'heir', lease, onWake() {}, onLost: (why) => void lost.push(why) })
    const leaseUntil = async () =>
      (await sql.query(`select lease_until::text from ${namespace}.node where name = 'heir'`))[0]?.lease_until
    async function renewals(times: number): Promise<void> {
      for (; times > 0; times--) {
        const before = await leaseUntil()
        while ((await leaseUntil()) === before);
      }
    }
    await body({ victim, session, store, lost, renewals })
  } finally {
    victim.process.kill('SIGKILL')
    await victim.process.exited
    await store.close()
  }
}

async function inherited(session: StoreSession): Promise<LoadedProcess> {
  for (;;) {
    const [claimed] = await session.claim(1, nothing)
    if (claimed) return claimed
  }
}

test(
  'a killed node is taken over long before its lease ends, its open transaction with it',
  () =>
    withVictim(60_000, async ({ victim, session }) => {
      expect(await session.claim(10, nothing)).toEqual([])
      victim.process.kill('SIGKILL')
      const claimed = await inherited(session)
      expect(claimed.record).toMatchObject({ path: '/test/victim', crashes: 1, seq: 0 })
      expect(await session.commit([checkpoint(claimed)])).toEqual(['accepted'])
      await sql.query(`update item set text = 'free'`)
    }),
  20_000,
)

test(
  'a frozen node is taken over when its lease ended; thawed, it commits nothing',
  () =>
    withVictim(1_000, async ({ victim, session, store }) => {
      victim.process.kill('SIGSTOP')
      const claimed = await inherited(session)
      // The row that its open transaction held is free.
      await sql.query(`update item set text = 'free'`)
      victim.process.kill('SIGCONT')
      victim.tell('commit')
      const answers = [await victim.line(), await victim.line()]
      expect(answers.filter((answer) => !answer.startsWith('lost'))).toEqual(['fenced'])
      expect(answers.filter((answer) => answer.startsWith('lost'))).toHaveLength(1)
      expect((await store.find('/test/victim'))?.seq).toBe(0)
      expect(await session.commit([checkpoint(claimed)])).toEqual(['accepted'])
    }),
  20_000,
)

test(
  'a thawed node that commits within a unit of work is refused as well',
  () =>
    withVictim(1_000, async ({ victim, session, store }) => {
      victim.process.kill('SIGSTOP')
      await inherited(session)
      victim.process.kill('SIGCONT')
      victim.tell('commit in transaction')
      const answers = [await victim.line(), await victim.line()]
      expect(answers.filter((answer) => !answer.startsWith('lost'))).not.toEqual(['accepted'])
      expect((await store.find('/test/victim'))?.seq).toBe(0)
      expect(await sql.query('select text from item')).toEqual([{ text: 'free' }])
    }),
  20_000,
)

test(
  'a node whose main thread never comes back gives up its place, and says so; what ran there counts as crashed',
  () =>
    withVictim(
      60_000,
      async ({ victim, session }) => {
        victim.tell('compute')
        const claimed = await inherited(session)
        expect(claimed.record).toMatchObject({ path: '/test/victim', crashes: 1, seq: 0 })
        expect(victim.process.exitCode).toBeNull()
        await sql.query(`update item set text = 'free'`)
        victim.process.kill('SIGKILL')
        const said = await new Response(victim.process.stderr as ReadableStream).text()
        expect(said).toContain('gives up its place: its main thread has been stuck for 2 s')
      },
      { stuck: 2_000 },
    ),
  20_000,
)

for (const minutes of [-60, 60])
  test(`a node whose clock is set by ${minutes} minutes keeps its place, and sees that another one is frozen`, async () => {
    let set = 0
    const { steady, schedule } = systemClock
    const clock = { now: () => Date.now() + set, ...(steady && { steady }), schedule }
    await withVictim(
      1_000,
      async ({ victim, session, lost, renewals }) => {
        await renewals(2)
        victim.process.kill('SIGSTOP')
        set = minutes * 60_000
        expect((await inherited(session)).record.crashes).toBe(1)
        await renewals(4)
        expect(lost).toEqual([])
      },
      { clock },
    )
  }, 20_000)
