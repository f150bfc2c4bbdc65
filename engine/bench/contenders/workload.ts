/** The fixed workload: a process of five steps, each of which gives a new text of 1 KB that the next one needs. */

/** Hard to compress, different every time. */
const TEXTS = Array.from({ length: 64 }, () =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(750))).toString('base64'),
)
let next = 0

export const STEPS = 5
export const CONCURRENT = Number(process.env.BENCH_CONCURRENT ?? 1_000)
export const TOTAL = Number(process.env.BENCH_TOTAL ?? 4_000)

export async function step(_before: string): Promise<string> {
  return TEXTS[next++ % TEXTS.length] as string
}

export function bytes(): Uint8Array {
  return Buffer.from(TEXTS[next++ % TEXTS.length] as string)
}
