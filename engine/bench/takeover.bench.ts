/**
 * `bun engine/bench/takeover.bench.ts [step] [rounds]`: a process is at this step when its node is killed with `kill -9`; how
 * long until another node runs the next new one. Also how long a step takes at the beginning and at the end of its history.
 */
import { join } from 'node:path'
import { durableServer } from './measure/durable-server.ts'
import { median } from './measure/statistics.ts'

const step = Number(process.argv[2] ?? 20_000)
const rounds = Number(process.argv[3] ?? 3)
const server = await durableServer()
const gaps: number[] = []
for (let round = 0; round < rounds; round++) {
  const url = await server.database(`takeover_${round}`)
  const spawn = (role: string) =>
    Bun.spawn([process.execPath, join(import.meta.dir, 'contenders/stepper.ts'), url, String(step + 1_000), role], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  const first = spawn('first')
  const began = performance.now()
  const marks: number[] = []
  let at = 0
  let other: ReturnType<typeof spawn> | undefined
  for await (const number of numbersOf(first.stdout)) {
    if (number % 1_000 === 0) marks.push(performance.now())
    // The other node is there for a while before it is needed.
    if (number === Math.max(1, step - 2_000)) other = spawn('second')
    if (number < step) continue
    first.kill('SIGKILL')
    at = performance.now()
    break
  }
  if (other === undefined) throw new Error('The first node ended before its time')
  for await (const number of numbersOf(other.stdout)) {
    if (number <= step) continue
    gaps.push(performance.now() - at)
    break
  }
  other.kill('SIGKILL')
  const [second = began, third = began] = marks
  const each = (from: number, to: number) => ((to - from) / 1_000).toFixed(2)
  console.log(
    `killed at step ${step}: next new step after ${Math.round(gaps.at(-1) ?? 0)} ms; a step took ${each(second, third)} ms at ` +
      `the beginning and ${each(marks.at(-2) ?? began, marks.at(-1) ?? began)} ms at the end`,
  )
}
console.log(`median ${Math.round(median(gaps))} ms (target 1,200)`)
await server.stop()
process.exit(0)

async function* numbersOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<number> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (/^\d+$/.test(line)) yield Number(line)
  }
}
