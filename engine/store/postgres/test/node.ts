/**
 * A node in an OS process of its own, for tests that kill and freeze it: connects, claims the process at `path`, begins a
 * transaction on a row of the app, and then does what it is told line by line, answering each with a line.
 */
import { FencedError } from '../../../errors.ts'
import { openPostgres } from '../../../sql/postgres-js.ts'
import type { LoadedProcess } from '../../records.ts'
import { PostgresStore } from '../postgres-store.ts'
import { checkpoint, nothing, request } from './requests.ts'

const [url = '', namespace = '', lease = '3500', stuck = '300000'] = process.argv.slice(2)
const sql = openPostgres(url, { applicationName: `node ${process.pid}` })
const store = new PostgresStore({ url, sql, namespace })
const say = (line: string) => process.stdout.write(`${line}\n`)

const session = await store.connect({
  name: 'victim',
  lease: Number(lease),
  stuck: Number(stuck),
  onWake() {},
  onLost: (reason) => say(`lost: ${reason}`),
})
const [started] = await store.start([request('/test/victim', { shard: session.shards()[0] as number })])
let claimed: LoadedProcess | undefined
while (claimed === undefined)
  claimed = (await session.claim(10, nothing)).find(({ record }) => record.id === started?.id)
const lane = await sql.lane()
await lane.query('begin')
await lane.query('update item set text = $$taken$$')
say('ready')

for await (const line of console) {
  if (line === 'compute') for (;;);
  if (line === 'commit') {
    const answer = await session
      .commit([checkpoint(claimed)])
      .catch((error) => (error instanceof FencedError ? 'fenced' : error))
    say(String(answer))
  }
  if (line === 'commit in transaction') {
    const answer = await session
      .commitIn({ kind: 'sql', storage: sql.identity, sql: lane }, checkpoint(claimed))
      .then(() => lane.query('commit'))
      .then(
        () => 'accepted',
        (error: unknown) => (error as Error).name,
      )
    say(answer)
  }
}
