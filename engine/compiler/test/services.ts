/** The services of the differential tests: their answers depend on their arguments alone, and every call is in the trace. */
import type { Services } from './driver.ts'

export function tracingServices(trace: string[]): Services {
  const traced =
    (name: string, run: (...args: never[]) => unknown) =>
    async (...args: never[]) => {
      trace.push(`${name}(${args.map((each) => JSON.stringify(each) ?? 'undefined').join(', ')})`)
      return run(...args)
    }
  return {
    svc: {
      id: traced('id', (value: unknown) => value),
      add: traced('add', (a: number, b: number) => a + b),
      list: traced('list', (count: number) => Array.from({ length: count }, (_each, index) => index + 1)),
      yes: traced('yes', () => true),
      no: traced('no', () => false),
      nothing: traced('nothing', () => undefined),
      fail: traced('fail', (message: string) => {
        throw new Error(message)
      }),
      flaky: traced('flaky', (attempt: number) => {
        if (attempt < 3) throw new Error(`attempt ${attempt}`)
        return attempt
      }),
      object: traced('object', (value: number) => ({ a: value, b: { c: [value, value + 1] }, f: 'x' })),
      // Not in the trace: taken again after every wait.
      lock: (async (held: unknown) => ({ held, [Symbol.dispose]() {} })) as never,
      twice: ((value: number) => value * 2) as never,
    },
  }
}
