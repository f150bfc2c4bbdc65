/**
 * The few statements the launcher itself needs (is it up, create a database, drop one), over the server's unix socket
 * with the simple query protocol. Trust authentication only. Applications use `SqlDatabase`; this exists so that the
 * launcher depends on no driver and can tell "starting up" from "not there".
 */
import { connect } from 'node:net'
import { join } from 'node:path'
import { nameError } from '../../name-error.ts'

/** `refused`: nobody listens there. `starting`: a server that does not take sessions yet (or any more). */
export type ProbeAnswer = 'ready' | 'starting' | 'refused'

/** A refusal by the server; `code` is the SQLSTATE. */
export class SimpleQueryError extends Error {
  static {
    nameError(this, 'SimpleQueryError')
  }

  readonly code: string

  constructor(code: string, message: string, statement: string) {
    super(`${message} [${code}] in: ${statement}`)
    this.code = code
  }
}

export interface SimpleQueryTarget {
  readonly socketDir: string
  readonly user: string
  readonly database: string
}

/** Whether the server at `target` takes sessions. Never rejects. */
export async function probe(target: SimpleQueryTarget): Promise<ProbeAnswer> {
  try {
    await simpleQuery(target, 'select 1')
    return 'ready'
  } catch (error) {
    return error instanceof SimpleQueryError ? 'starting' : 'refused'
  }
}

/** Runs each statement in one session, one after the other; gives the rows of all, as text. Rejects with the first refusal. */
export async function simpleQuery(target: SimpleQueryTarget, ...statements: string[]): Promise<(string | null)[][]> {
  const { promise, resolve, reject } = Promise.withResolvers<(string | null)[][]>()
  const socket = connect({ path: join(target.socketDir, '.s.PGSQL.5432') })
  const rows: (string | null)[][] = []
  let pending = Buffer.alloc(0)
  let failure: SimpleQueryError | undefined
  let next = 0

  const onMessage = (type: string, body: Buffer) => {
    if (type === 'D') rows.push(readRow(body))
    if (type === 'E') failure ??= readError(body, statements[next - 1] ?? 'connect')
    if (type === 'E' && next === 0) socket.destroy()
    if (type !== 'Z') return
    const statement = failure === undefined ? statements[next++] : undefined
    socket.write(statement === undefined ? message('X', '') : message('Q', statement))
  }
  socket.on('connect', () => socket.write(startup(target)))
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 5 && pending.length >= 1 + pending.readInt32BE(1)) {
      const end = 1 + pending.readInt32BE(1)
      onMessage(String.fromCharCode(pending[0] ?? 0), pending.subarray(5, end))
      pending = pending.subarray(end)
    }
  })
  socket.on('error', reject)
  socket.on('close', () => {
    if (failure !== undefined) reject(failure)
    else if (next <= statements.length) reject(new Error(`Postgres closed the session at ${target.socketDir}`))
    else resolve(rows)
  })
  return await promise
}

function startup(target: SimpleQueryTarget): Buffer {
  const text = `user\0${target.user}\0database\0${target.database}\0application_name\0justscale launcher\0\0`
  const body = Buffer.from(text, 'utf8')
  const head = Buffer.alloc(8)
  head.writeInt32BE(body.length + 8, 0)
  head.writeInt32BE(196_608, 4)
  return Buffer.concat([head, body])
}

function message(type: string, text: string): Buffer {
  const body = Buffer.from(type === 'X' ? '' : `${text}\0`, 'utf8')
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

function readRow(body: Buffer): (string | null)[] {
  const columns: (string | null)[] = []
  let at = 2
  for (let index = body.readInt16BE(0); index > 0; index--) {
    const length = body.readInt32BE(at)
    at += 4
    columns.push(length < 0 ? null : body.toString('utf8', at, at + length))
    at += Math.max(length, 0)
  }
  return columns
}

function readError(body: Buffer, statement: string): SimpleQueryError {
  const fields = new Map<string, string>()
  for (const part of body.toString('utf8').split('\0')) if (part !== '') fields.set(part.charAt(0), part.slice(1))
  return new SimpleQueryError(fields.get('C') ?? '', fields.get('M') ?? 'refused', statement)
}
