import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missingPreloads } from './preloads.ts'

const folder = mkdtempSync(join(tmpdir(), 'justscale-preloads-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const bunfig = (text: string) => writeFileSync(join(folder, 'bunfig.toml'), text)

test('what the project does not preload, just does', () => {
  expect(missingPreloads(folder)).toEqual([
    expect.stringMatching(/engine\/plugin\/register\.ts$/),
    expect.stringMatching(/rpc\/plugin\/register\.ts$/),
  ])
  bunfig('preload = ["@justscale/engine/plugin/register"]')
  expect(missingPreloads(folder)).toEqual([expect.stringMatching(/rpc\/plugin\/register\.ts$/)])
  bunfig('preload = ["./engine/plugin/register.ts", "./rpc/plugin/register.ts"]')
  expect(missingPreloads(folder)).toEqual([])
})
