/** Where a developer finds what `just dev` started: found out by asking, printed once the app answers. */
import { createServer } from 'node:net'

/** The first port from `first` on that nobody listens on. */
export async function freePort(first: number): Promise<number> {
  for (let port = first; port < first + 100; port++) if (await isFree(port)) return port
  throw new Error(`No free port from ${first} on; set PORT`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })
}

/** Resolves with the lines to print once the app at `port` answers HTTP; `undefined` when `ended` comes first. */
export async function addressLines(port: number, ended: AbortSignal): Promise<string[] | undefined> {
  const app = `http://localhost:${port}`
  while (!ended.aborted) {
    if ((await statusOf(`${app}/healthz`)) !== undefined) {
      const hasPage = (await statusOf(`${app}/docs`)) === 200
      return [
        `  app        ${app}`,
        ...(hasPage ? [`  API        ${app}/docs`] : []),
        '  processes  bun run just process list',
      ]
    }
    await Bun.sleep(50)
  }
  return undefined
}

async function statusOf(url: string): Promise<number | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    await answer.body?.cancel()
    return answer.status
  } catch {
    return undefined
  }
}
