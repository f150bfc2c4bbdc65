/**
 * Migration files: plain SQL with two parts, `-- up` and `-- down`. `-- transaction: false`, a line of its own, runs the statements
 * one by one outside of a transaction (for `create index concurrently`); each must then end with `;` at the end of a line.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MigrationHistoryError } from './errors.ts'

export interface MigrationFile {
  /** File name without `.sql`; files run in order of their names. */
  readonly name: string
  /** Of what is applied: that must stay as it was. `-- down` may be corrected, and line ends may be those of another system. */
  readonly checksum: string
  readonly transaction: boolean
  readonly up: string
  readonly down: string
  /** All of it: to find the line of a failure. */
  readonly text: string
}

/** In order. A folder that does not exist has none. In an executable, those that it was built with. */
export async function readMigrations(path: string): Promise<readonly MigrationFile[]> {
  const folder = folderOf(path)
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  const files = names.filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    files.map(async (name) => parseMigration(name.slice(0, -4), await Bun.file(join(folder, name)).text())),
  )
}

function folderOf(path: string): string {
  const within = join(dirname(Bun.main), path)
  return Bun.isStandaloneExecutable && existsSync(within) ? within : path
}

export function parseMigration(name: string, text: string): MigrationFile {
  const parts = /^([\s\S]*?)^-- up[ \t]*$([\s\S]*?)(?:^-- down[ \t]*$([\s\S]*))?(?![\s\S])/m.exec(text)
  if (!parts) {
    throw new MigrationHistoryError(`${name}.sql has no line "-- up"`, {
      hint: 'A migration is "-- up", its statements, "-- down", and theirs.',
    })
  }
  const [, , up = '', down = ''] = parts
  const transaction = !/^-- transaction:\s*false\s*$/m.test(text)
  const applied = `${transaction}\n${up.trim().replaceAll('\r\n', '\n')}`
  return {
    name,
    checksum: createHash('sha256').update(applied).digest('hex'),
    transaction,
    up: up.trim(),
    down: down.trim(),
    text,
  }
}

export function printMigration(up: readonly string[], down: readonly string[]): string {
  const part = (statements: readonly string[]) => statements.map((each) => `${each};\n`).join('\n')
  return `-- up\n\n${part(up)}\n-- down\n\n${part(down)}`
}

/** Statements of a file without a transaction. */
export function splitStatements(text: string): readonly string[] {
  return text
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement.replaceAll(/^--.*$/gm, '').trim() !== '')
}
