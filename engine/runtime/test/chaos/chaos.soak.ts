/**
 * `bun run soak chaos`: minutes of chaos (`CHAOS_MINUTES`, default 4) with two and three OS processes, directly and through
 * PgBouncer, with a death before and after each commit. Ends badly at the first broken invariant.
 */
import { chaos, EFFECTS, type ChaosOptions, type Fate } from './chaos.ts'
import { pooler } from './chaos-server.ts'

const end = Date.now() + Number(process.env.CHAOS_MINUTES ?? 4) * 60_000
const all: readonly Fate[] = ['kill', 'leave', 'freeze', 'terminate', 'restart', 'outage']

const random = (below: number) => Math.floor(Math.random() * below)
const some = (count: number) => Array.from({ length: count }, () => all[random(all.length)] as Fate)

const shapes: readonly (() => ChaosOptions)[] = [
  () => ({ workers: 2, fates: some(10) }),
  () => ({ workers: 3, fates: some(10) }),
  () => ({ workers: 2, fates: Array<Fate>(30).fill('die at a commit') }),
  () => ({ workers: 2, fates: 'every commit' }),
  ...(pooler === null ? [] : [() => ({ workers: 3, fates: some(8), pooled: true })]),
  () => ({ workers: 3, fates: Array<Fate>(30).fill('die at a commit') }),
]

let runs = 0
let incidents = 0
let again = 0
while (runs < shapes.length || Date.now() < end) {
  const options = { instances: 4, ...shapes[runs % shapes.length]?.() } as ChaosOptions
  const result = await chaos(options)
  const what = typeof options.fates === 'string' ? 'a death at every commit' : options.fates.join(', ')
  const words = `${options.workers} processes${options.pooled ? ' through PgBouncer' : ''}: ${what}`
  if (result.broken.length > 0 || result.effects !== 4 * EFFECTS) {
    console.error(words, result)
    process.exit(1)
  }
  runs++
  incidents += result.incidents
  again += result.again
  console.log(`${words}; ${result.again} effects happened again`)
}
console.log(
  `${runs} runs, ${incidents} incidents, ${runs * 4 * EFFECTS} effects, ${again} of them more than once, nothing lost`,
)
process.exit(0)
