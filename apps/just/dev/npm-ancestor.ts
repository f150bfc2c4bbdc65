/**
 * The `npx` or `npm run` that a program was started by. A supervisor that ends it with SIGTERM ends only it and the shell in
 * between: what it had started goes on, without anybody left who would end it. So that has to see for itself that npm is gone.
 * Other parents may end as they like: a shell that started a program in the background is done with it.
 */
import { readFileSync } from 'node:fs'

interface OsProcessFacts {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

/** Whether this is the command line of npm: it names itself `npm exec ...`, or is `node .../npx-cli.js`. */
export function isNpm(command: string): boolean {
  return /^(npm|npx)( |$)|[\\/](npm|npx)(-cli\.js)?( |$)/.test(command)
}

/** The process id of the npm above this program; `undefined` when there is none. */
export function npmAncestor(): number | undefined {
  // npm says so to what it starts; `bun run` says as much.
  if (process.env['npm_config_user_agent'] === undefined) return undefined
  let found: number | undefined
  for (let at = factsOf(process.ppid); at !== undefined && at.pid > 1; at = factsOf(at.parent))
    if (isNpm(at.command)) found = at.pid
  return found
}

/** Whether there is a process of that id. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function factsOf(pid: number): OsProcessFacts | undefined {
  return process.platform === 'linux' ? linuxFacts(pid) : listedFacts(pid)
}

function linuxFacts(pid: number): OsProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [, parent = '0'] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    return { pid, parent: Number(parent), command }
  } catch {
    return undefined
  }
}

function listedFacts(pid: number): OsProcessFacts | undefined {
  if (Bun.which('ps') === null) return undefined
  const line = Bun.spawnSync(['ps', '-o', 'ppid=,command=', '-p', String(pid)])
    .stdout.toString()
    .trim()
  const [, parent, command] = /^(\d+) +(.*)$/.exec(line) ?? []
  return parent === undefined ? undefined : { pid, parent: Number(parent), command: command ?? '' }
}
