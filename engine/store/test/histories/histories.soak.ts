/** `bun run soak histories`: concurrent histories on Postgres (`HISTORIES`, default 2,000), each checked. */
import { checkHistories } from './postgres.ts'

const count = Number(process.env.HISTORIES ?? 2_000)
const from = Number(process.env.FROM ?? Math.floor(Math.random() * 1e9))
const { unexplained, calls } = await checkHistories(from, from + count - 1)
if (unexplained !== undefined) {
  console.error(`No order explains the history of seed ${unexplained.seed}:`)
  for (const { op, result, begun, answered } of unexplained.calls) console.error(begun, answered, op, result)
  process.exit(1)
}
console.log(`${count} histories of ${calls} calls, each explained (seeds from ${from})`)
process.exit(0)
