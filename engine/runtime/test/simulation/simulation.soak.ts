/**
 * `bun run soak simulation`: the simulation under many seeds, `SIMULATION_SEEDS=from-to` (default 1,000 that begin at a random
 * one), both with kills and without. Prints each seed that breaks an invariant, with which; `bun test` replays it under the
 * same variable. Fails when there was one.
 */
import { simulate } from './simulation.ts'

const random = 1 + Math.floor(Math.random() * 1_000_000)
const [from = random, to = from + 999] = (process.env.SIMULATION_SEEDS ?? '').split('-').filter(Boolean).map(Number)
const begun = performance.now()
let kills = 0
let failed = 0

console.log(`seeds ${from} to ${to}`)
for (let seed = from; seed <= to; seed++) {
  for (const most of [0, 6]) {
    const result = await simulate({ seed, kills: most })
    kills += result.kills
    if (result.broken.length === 0) continue
    failed++
    console.log(`SIMULATION_SEEDS=${seed}-${seed} (${result.kills} kills): ${result.broken.join('; ')}`)
  }
  if ((seed - from + 1) % 100 === 0) console.log(`${seed - from + 1} seeds, ${kills} kills, ${failed} broken`)
}
const each = (performance.now() - begun) / (to - from + 1)
console.log(`${to - from + 1} seeds, ${kills} kills, ${failed} broken; ${each.toFixed(0)} ms each`)
if (failed > 0) process.exitCode = 1
