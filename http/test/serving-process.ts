/** Starts `fixtures/serving-app.ts` as an OS process and finds out where it listens. */
import { join } from 'node:path'

export interface ServingProcess {
  readonly port: number
  readonly url: string
  readonly child: Bun.Subprocess<'ignore', 'pipe', 'inherit'>
  /** All that it has printed so far. */
  output(): string
  /** Bytes that it uses, after a collection. */
  memory(): Promise<number>
}

export const servingApp: string = join(import.meta.dir, 'fixtures', 'serving-app.ts')

/** `command`: the app from source, or an executable made of it. */
export async function serve(command: readonly string[] = [process.execPath, servingApp]): Promise<ServingProcess> {
  const child = Bun.spawn([...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production', LOG_LEVEL: 'info' },
  })
  let output = ''
  const listens = Promise.withResolvers<number>()
  const read = async () => {
    const decoder = new TextDecoder()
    for await (const chunk of child.stdout as unknown as AsyncIterable<Uint8Array>) {
      output += decoder.decode(chunk, { stream: true })
      const port = /HTTP listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1]
      if (port !== undefined) listens.resolve(Number(port))
    }
    listens.reject(new Error(`The app ended before it listened: ${output}`))
  }
  void read()
  const port = await listens.promise
  const url = `http://127.0.0.1:${port}`
  const memory = async () => Number(await (await fetch(`${url}/memory`, { keepalive: false })).text())
  return { port, url, child, output: () => output, memory }
}
