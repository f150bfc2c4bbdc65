/**
 * The long run: `bun engine/compiler/test/fuzz.soak.ts [programs] [first seed]`. Says how far it is every thousand programs;
 * each difference is printed with its seed, reduced, and the run goes on. Exits with 1 when there was one.
 */
await import('../index.ts')
const { compare, reduced, sourceOfSeed } = await import('./fuzz/compare.ts')

const programs = Number(process.argv[2] ?? 20_000)
const first = Number(process.argv[3] ?? 1)
const REPORT_EVERY = 1000

let normal = 0
let calls = 0
const different: number[] = []

function report(done: number): void {
  const ended = ((normal / done) * 100).toFixed(1)
  const cpu = process.cpuUsage()
  const each = ((cpu.user + cpu.system) / 1000 / done).toFixed(1)
  const found = different.length > 0 ? `different: ${different.join(', ')}` : 'no difference'
  console.log(
    `${done} programs from seed ${first}: ${found}; ${ended} % end normally, ${(calls / done).toFixed(1)} calls and ${each} ms of CPU each`,
  )
}

for (let done = 0; done < programs; done++) {
  const seed = first + done
  const result = await compare(sourceOfSeed(seed)).catch((error: unknown) => error as Error)
  if (result instanceof Error) {
    different.push(seed)
    console.log(`seed ${seed}: ${result.message}`)
  } else {
    if (result.native.error === undefined) normal++
    calls += result.native.trace.length
    if (!result.same) {
      different.push(seed)
      const { native, durable } = result
      console.log(`seed ${seed} natively ${JSON.stringify(native)}\ndurably ${JSON.stringify(durable)}`)
      console.log(await reduced(seed))
    }
  }
  if ((done + 1) % REPORT_EVERY === 0) report(done + 1)
}
report(programs)
process.exitCode = different.length > 0 ? 1 : 0
