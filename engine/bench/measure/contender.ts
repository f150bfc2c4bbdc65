/**
 * A contender of a bench is an OS process of its own: it says `ready`, gets a line when it may begin, does its work and
 * answers with JSON. Between the two lines its CPU and the server's are measured.
 */
import type { Subprocess } from 'bun'

/** What a contender did. */
export interface Work {
  readonly steps: number
  readonly seconds: number
}

/** The contender's side: `prepare` before it is ready; the answer does the work. */
export async function contend(prepare: () => Promise<() => Promise<number>>): Promise<void> {
  const work = await prepare()
  const lines = console[Symbol.asyncIterator]()
  console.log('ready')
  while (!(await lines.next()).done) {
    const from = performance.now()
    const steps = await work()
    console.log(JSON.stringify({ steps, seconds: (performance.now() - from) / 1_000 } satisfies Work))
  }
  process.exit(0)
}

/** `total` times `body`, `concurrent` of them at once, each with its own number. */
export async function closedLoop(
  total: number,
  concurrent: number,
  body: (number: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < total) await body(next++)
  }
  await Promise.all(Array.from({ length: Math.min(concurrent, total) }, worker))
}

/** The bench's side. */
export class Contender {
  readonly #child: Subprocess<'pipe', 'pipe', 'inherit' | 'ignore'>
  readonly #lines: AsyncIterator<string>

  constructor(command: readonly string[], options: { readonly cwd?: string; readonly env?: Record<string, string> }) {
    this.#child = Bun.spawn([...command], {
      stdio: ['pipe', 'pipe', process.env.BENCH_VERBOSE ? 'inherit' : 'ignore'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
    })
    this.#lines = linesOf(this.#child.stdout)
  }

  get pid(): number {
    return this.#child.pid
  }

  /** Resolves when it can begin. */
  async ready(): Promise<void> {
    await this.#line((line) => line === 'ready')
  }

  async work(): Promise<Work> {
    void this.#child.stdin.write('go\n')
    await this.#child.stdin.flush()
    return JSON.parse(await this.#line((line) => line.startsWith('{"steps"'))) as Work
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#child.exited
  }

  async #line(wanted: (line: string) => boolean): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next()
      if (done) throw new Error(`A contender ended with code ${await this.#child.exited}; BENCH_VERBOSE=1 shows why`)
      if (wanted(value)) return value
    }
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}
