/** `just proto` in a project of its own. */
import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const project = mkdtempSync(join(tmpdir(), 'justscale-proto-'))
afterAll(() => rmSync(project, { recursive: true, force: true }))

async function just(...args: string[]): Promise<[output: string, code: number]> {
  const command = [process.execPath, '--config=/dev/null', join(import.meta.dir, '..', 'main.ts'), 'proto', ...args]
  const child = Bun.spawn(command, { cwd: project, stdout: 'pipe', stderr: 'inherit' })
  return [(await new Response(child.stdout).text()).trim(), await child.exited]
}

test('types are missing, written, up to date, and out of date after an edit', async () => {
  const proto = join(project, 'mood.proto')
  writeFileSync(proto, 'syntax = "proto3";\nenum Mood { MOOD_NONE = 0; }\n')
  expect(await just('--check')).toEqual(['mood.d.proto.ts: out of date', 1])
  expect(await just()).toEqual(['mood.d.proto.ts: written', 0])
  expect(await just('--check')).toEqual(['The types of 1 .proto files are up to date.', 0])
  expect(JSON.parse((await just('--check', '--json'))[0])).toEqual([{ types: 'mood.d.proto.ts', changed: false }])
  writeFileSync(proto, 'syntax = "proto3";\nenum Mood { MOOD_NONE = 0; MOOD_GOOD = 1; }\n')
  expect(await just('--check')).toEqual(['mood.d.proto.ts: out of date', 1])
})
