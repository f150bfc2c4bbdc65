/** The app as a child OS process: started, and replaced by a fresh one on demand, one replacement at a time. */
import type { Subprocess } from 'bun'
import { missingPreloads } from '../app/preloads.ts'

/** How long the app may take to end on its own, in milliseconds, before it is killed. */
const GRACE = 10_000

export class AppProcess {
  readonly #entry: string
  readonly #env: Readonly<Record<string, string | undefined>>
  readonly #ended = Promise.withResolvers<number>()
  readonly #restarts: boolean
  #child: Subprocess | undefined
  #replacing: Promise<void> = Promise.resolve()
  #stopped = false

  /** `restarts`: whether an edit will start it again, for what is said when it ends. */
  constructor(entry: string, env: Readonly<Record<string, string | undefined>>, restarts: boolean) {
    this.#entry = entry
    this.#env = env
    this.#restarts = restarts
  }

  /** Exit code of the app, when it ended without being told to. */
  get ended(): Promise<number> {
    return this.#ended.promise
  }

  start(): void {
    // No orphans: a killed `just dev` must not leave an app on the port.
    const preloads = missingPreloads(process.cwd()).map((path) => `--preload=${path}`)
    const child = Bun.spawn([process.execPath, '--no-orphans', ...preloads, this.#entry], {
      env: { ...this.#env },
      stdio: ['ignore', 'inherit', 'inherit'],
      // In a group of its own, so that Ctrl-C reaches the app once: from us.
      detached: true,
    })
    this.#child = child
    void child.exited.then((code) => {
      if (this.#child !== child || this.#stopped) return
      this.#child = undefined
      this.#ended.resolve(code)
      const next = this.#restarts ? ' It starts again on the next edit.' : ''
      console.log(`The app ended with ${child.signalCode ?? code}.${next}`)
    })
  }

  /** Replaces the app by a fresh one; what it was doing durably goes on there. */
  restart(reason: string): void {
    this.#replacing = this.#replacing.then(async () => {
      if (this.#stopped) return
      console.log(`${reason}: restarting`)
      await this.#end()
      this.start()
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#replacing
    await this.#end()
  }

  async #end(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined) return
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE)
    await child.exited
    clearTimeout(timer)
  }
}
