import { expect, test } from 'bun:test'
import { CommandError } from '../cli/command-error.ts'
import { DefinitionError } from '../errors.ts'
import { failureText } from './failure-text.ts'

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })
const database = Object.assign(new Error('Cannot connect: connect ECONNREFUSED', { cause: refused }), {
  code: 'SQL_CONNECTION',
  hint: 'Is it there?',
})

test('what is known is told in words, once', () => {
  const start = new DefinitionError('It did not start: Cannot connect: connect ECONNREFUSED', { cause: database })
  expect(failureText(start).split('\n')).toEqual([
    'It did not start: Cannot connect: connect ECONNREFUSED',
    '(CORE_DEFINITION)',
    'Is it there?',
    '(SQL_CONNECTION)',
  ])
  expect(failureText(new CommandError('Too late', { hint: 'Be early' }))).toBe('Too late\nBe early')
})

test('what is not known is shown whole, under what is', () => {
  const bug = new TypeError('x is undefined')
  expect(failureText(bug)).toContain('failure-text.test.ts')
  const text = failureText(new DefinitionError('It did not start', { cause: bug }))
  expect(text).toStartWith('It did not start\n')
  expect(text).toContain('failure-text.test.ts')
  expect(failureText(Object.assign(new Error('odd'), { code: 'ERR_INVALID_ARG' }))).toContain('failure-text.test.ts')
  expect(failureText('a text')).toBe('a text')
})
