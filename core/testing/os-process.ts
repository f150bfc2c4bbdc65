/**
 * `OsProcess`: an app as an OS process of its own, for tests that kill nodes. It inherits the environment of the test,
 * and its folder unless another is given, listens on any port, and logs what `url` waits for.
 */
export class OsProcess implements AsyncDisposable {
  readonly #child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>
  readonly #output: string[] = []
  readonly #listening = Promise.withResolvers<string>()

  private constructor(entry: string, env: Readonly<Record<string, string>>, cwd: string | undefined) {
    const command = /\.[cm]?[jt]sx?$/.test(entry) ? [process.execPath, entry] : [entry]
    this.#child = Bun.spawn(command, {
      ...(cwd !== undefined && { cwd }),
      env: {
        ...process.env,
        NODE_ENV: 'production',
        JUSTSCALE_ENV: 'test',
        LOG_LEVEL: 'info',
        PORT: '0',
        GRPC_PORT: '0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    void this.#collect(this.#child.stdout)
    void this.#collect(this.#child.stderr)
    void this.#child.exited.then((code) => {
      this.#listening.reject(new Error(`${entry} ended with ${code} before it listened:\n${this.output}`))
    })
    this.#listening.promise.catch(() => {})
  }

  /** Starts the program at `entry`, an absolute path: a module, or an executable. `env` goes before what it inherits. */
  static start(entry: string, env: Readonly<Record<string, string>> = {}, cwd?: string): OsProcess {
    return new OsProcess(entry, env, cwd)
  }

  /** Its address, once it prints `listening on http://...` or `listens on ...`. Rejects when it ends before. */
  get url(): Promise<string> {
    return this.#listening.promise
  }

  /** All it printed so far. */
  get output(): string {
    return this.#output.join('')
  }

  /** SIGKILL: no handler runs, no connection is closed in order. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#child.exited
  }

  /** SIGTERM; gives the exit code. */
  async stop(): Promise<number> {
    this.#child.kill('SIGTERM')
    return await this.#child.exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder()
    for await (const chunk of stream) {
      this.#output.push(decoder.decode(chunk, { stream: true }))
      const url = this.output.match(/listen(?:s|ing) on (http:\/\/[\w.:[\]-]+)/)?.[1]
      if (url !== undefined) this.#listening.resolve(url)
    }
  }
}
