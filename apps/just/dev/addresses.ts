/** Where a developer finds what `just dev` started: found out by asking, printed once the app answers. */
import { connect, createServer } from 'node:net'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

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

/** Where the app was told to listen. */
export interface GivenPorts {
  readonly http: number
  readonly grpc: number
}

/** Resolves with the lines to print once the app answers HTTP; `undefined` when `ended` comes first. */
export async function addressLines(ports: GivenPorts, ended: AbortSignal): Promise<string[] | undefined> {
  const app = `http://localhost:${ports.http}`
  while (!ended.aborted) {
    if ((await statusOf(`${app}/healthz`)) !== undefined) {
      const hasPage = (await statusOf(`${app}/docs`)) === 200
      const hasGrpc = await isListening(ports.grpc)
      return [
        `  app        ${app}`,
        ...(hasPage ? [`  API        ${app}/docs`] : []),
        ...(hasGrpc ? [`  gRPC       localhost:${ports.grpc}`] : []),
        `  processes  ${justCommand(process.cwd())} process list`,
      ]
    }
    await Bun.sleep(50)
  }
  return undefined
}

/** How `just` is called in this project: by its script of that name, or as an installed program. */
export function justCommand(project: string): string {
  const path = join(project, 'package.json')
  if (!existsSync(path)) return 'bunx just'
  const { scripts } = JSON.parse(readFileSync(path, 'utf8')) as { readonly scripts?: Readonly<Record<string, string>> }
  return scripts !== undefined && 'just' in scripts ? 'bun run just' : 'bunx just'
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, 'localhost')
    const answer = (listening: boolean) => {
      socket.destroy()
      resolve(listening)
    }
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
  })
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
