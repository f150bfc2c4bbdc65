import { afterEach, beforeEach, expect, spyOn, test, type Mock } from 'bun:test'
import { defineCommand } from 'citty'
import { MisuseError } from './misuse-error.ts'
import { tableOf } from './print.ts'
import { runProgram } from './run-program.ts'

const ran: unknown[] = []
const show = defineCommand({
  meta: { name: 'show', description: 'One thing' },
  args: {
    path: { type: 'positional', description: 'Which', required: true },
    json: { type: 'boolean', description: 'As JSON', default: false },
    limit: { type: 'string', description: 'How many', default: '10' },
    watch: { type: 'boolean', description: 'Go on', default: true },
  },
  run: ({ args: { path, json, limit, watch } }) => void ran.push({ path, json, limit, watch }),
})
const fails = defineCommand({
  meta: { name: 'fails' },
  args: { how: { type: 'positional', required: true } },
  run({ args }) {
    if (args.how === 'misuse') throw new MisuseError('Not like this', 'But like that')
    if (args.how === 'known')
      throw Object.assign(new Error('No database'), { code: 'SQL_CONNECTION', hint: 'Start it' })
    if (args.how === 'exit') process.exitCode = 3
    else throw new TypeError('a bug')
  },
})
const program = defineCommand({
  meta: { name: 'just', version: '1.2.3' },
  subCommands: { thing: defineCommand({ meta: { name: 'thing' }, subCommands: { show } }), fails },
})

let errors: Mock<typeof console.error>
let output: Mock<typeof process.stdout.write>

beforeEach(() => {
  ran.length = 0
  errors = spyOn(console, 'error').mockImplementation(() => {})
  output = spyOn(process.stdout, 'write').mockImplementation(((_: string, done: () => void) => done()) as never)
})
afterEach(() => {
  errors.mockRestore()
  output.mockRestore()
  process.exitCode = 0
})

const run = (text: string) => runProgram(program, 'just', text === '' ? [] : text.split(' '))
const said = () => errors.mock.calls.flat().join('\n')
const printed = () => output.mock.calls.map(([text]) => String(text)).join('')

test('a command gets its arguments', async () => {
  expect(await run('thing show /a/1 --json --limit=5 --no-watch')).toBe(0)
  expect(ran).toEqual([{ path: '/a/1', json: true, limit: '5', watch: false }])
})

test.each([
  ['thng show', 'just has no command "thng"', 'Did you mean thing?'],
  ['thing', 'just thing needs a command: show', ''],
  ['thing shwo x', 'just thing has no command "shwo"', 'Did you mean show?'],
  ['thing show', 'just thing show needs PATH', 'See just thing show --help'],
  ['thing show a b', 'just thing show does not take "b"', 'See just thing show --help'],
  ['thing show a --jsno', 'just thing show has no option --jsno', 'Did you mean --json?'],
  ['thing show a --quite', 'just thing show has no option --quite', 'See just thing show --help'],
  ['thing show a --limit', 'just thing show: --limit needs a value', 'See just thing show --help'],
  [
    'thing show a --limit -1',
    'just thing show: write the value of --limit as --limit=-...',
    'See just thing show --help',
  ],
  ['thing show a --json=1', 'just thing show: --json takes no value', 'See just thing show --help'],
  ['fails misuse', 'Not like this', 'But like that'],
])('%s: exit code 2, and what to do', async (line, message, hint) => {
  expect(await run(line)).toBe(2)
  expect(said()).toBe(hint === '' ? message : `${message}\n${hint}`)
  expect(ran).toEqual([])
})

test('an error that says what to do is told in words, another one with its stack', async () => {
  expect(await run('fails known')).toBe(1)
  expect(said()).toBe('No database\nStart it\n(SQL_CONNECTION)')
  expect(await run('fails bug')).toBe(1)
  expect(said()).toContain('run-program.test.ts')
})

test('the exit code is the one that the command has set', async () => {
  expect(await run('fails exit')).toBe(3)
})

test('help is an answer, not a failure', async () => {
  for (const line of ['', '--help', 'thing --help', 'thing show -h']) expect(await run(line)).toBe(0)
  expect(printed()).toContain('just thing show [OPTIONS] <PATH>')
  expect(said()).toBe('')
  expect(await run('--version')).toBe(0)
  expect(printed()).toEndWith('1.2.3\n')
})

test('a table has its columns aligned, and an empty one is said in words', () => {
  expect(
    tableOf(
      [
        { a: 1, b: 'x' },
        { a: 100, b: null },
      ],
      'nothing',
    ),
  ).toBe('A    B\n1    x\n100')
  expect(tableOf([], 'nothing')).toBe('nothing')
})
