/** Runs a handler's source as the plain async function it is, with stand-ins for the primitives. */
import { Answers, nativeWaits } from './answers.ts'
import { describeError, type Outcome, type Services } from './driver.ts'
import { KnownError } from './known-error.ts'

const transpiler = new Bun.Transpiler({ loader: 'ts', target: 'bun', deadCodeElimination: false, inline: false })

export async function runNative(
  source: string,
  services: Services,
  params: Record<string, unknown>,
  trace: string[],
  globals: Readonly<Record<string, unknown>> = {},
): Promise<Outcome> {
  const published: unknown[] = []
  const body = transpiler
    .transformSync(source)
    .replace(/^import .*$/gm, '')
    .replace(/^export (?=const|function|async|class|let|var)/gm, '')
    .replace(/^export \{[^}]*\};?$/gm, '')
  const waits = nativeWaits(new Answers())
  const retry = async (options: { attempts: number }, run: () => unknown): Promise<unknown> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await run()
      } catch (error) {
        if (attempt >= options.attempts) throw error
      }
    }
  }
  let handler: ((...args: unknown[]) => Promise<unknown>) | undefined
  const createProcess = (definition: { handler: typeof handler }): void => {
    handler = definition.handler
  }
  const transaction = async (run: () => unknown): Promise<unknown> => run()
  const given = { createProcess, retry, transaction, KnownError, ...waits, ...globals }
  // oxlint-disable-next-line typescript/no-implied-eval -- the case, as plain code
  new Function(...Object.keys(given), `"use strict";${body}`)(...Object.values(given))
  try {
    const result = await handler?.(services, params, {
      publish: (value: unknown) => published.push(structuredClone(value)),
    })
    return { result, error: undefined, trace, published }
  } catch (error) {
    return { result: undefined, error: describeError(error), trace, published }
  }
}
