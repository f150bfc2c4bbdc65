/** Waiting for something that another OS process does: asks again until it holds. */

/** Resolves with the first answer of `ask` that is neither `undefined` nor `false`; rejects after `timeout` milliseconds. */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined | false>,
  timeout = 60_000,
): Promise<Answer> {
  const deadline = performance.now() + timeout
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > deadline) throw new Error(`Waited ${timeout / 1000} s for: ${what}`)
    await Bun.sleep(20)
  }
}
