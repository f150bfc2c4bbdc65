/** `bun --watch` starts the program again when a .proto file is edited, also one that another .proto file imports. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const fixtures = join(import.meta.dir, '../fixtures')
let folder: string

beforeAll(() => {
  // Inside this package, so that the modules find @justscale/rpc.
  folder = mkdtempSync(join(fixtures, 'watched-'))
  for (const name of ['greeter.proto', 'mood.proto']) cpSync(join(fixtures, name), join(folder, name))
  edit('greeter.proto', 'fixtures/mood.proto', 'mood.proto')
  writeFileSync(
    join(folder, 'main.ts'),
    `import { GreeterContract, HelloRequestSchema } from './greeter.proto'
const moods = HelloRequestSchema.field.mood.enum.values
console.log([GreeterContract.methods.length, HelloRequestSchema.fields.length, moods.at(-1).name].join(' '))
setInterval(() => {}, 1000)
`,
  )
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('an edit of a .proto file starts the program again', async () => {
  const register = join(import.meta.dir, 'register.ts')
  const command = [process.execPath, '--watch', '--no-clear-screen', '--preload', register, join(folder, 'main.ts')]
  const child = Bun.spawn(command, { cwd: folder, stdout: 'pipe', stderr: 'inherit' })
  const decoder = new TextDecoder()
  const reader = child.stdout.getReader()
  let seen = ''
  const until = async (wanted: string) => {
    while (!seen.includes(wanted)) {
      const { value, done } = await reader.read()
      if (done) throw new Error(`ended before "${wanted}": ${seen}`)
      seen += decoder.decode(value, { stream: true })
    }
  }
  try {
    await until('4 6 MOOD_SAD')
    edit('greeter.proto', 'message HelloRequest {', 'message HelloRequest {\n  string surname = 90;')
    await until('4 7 MOOD_SAD')
    edit('mood.proto', 'MOOD_SAD', 'MOOD_SLEEPY')
    await until('4 7 MOOD_SLEEPY')
    expect(seen).not.toContain('error')
  } finally {
    child.kill()
    await child.exited
  }
}, 30_000)

function edit(name: string, from: string, to: string): void {
  const path = join(folder, name)
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to))
}
